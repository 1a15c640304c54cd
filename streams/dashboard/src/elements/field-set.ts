import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";
import { centreTime } from "../centre-time";
import { inKilograms, inputOf, PATTERNS, type Field, type Initial, type Option } from "../fields";
import { localInput, zoned, zoneNow } from "../format";
import { t, type Key } from "../texts";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
export type Complaint = [name: string, words: string];

interface Row {
  id: string;
  initial: Initial;
}

/** Renders fields with their labels, units, hints and tables of rows, and says at each field what is wrong with it. */
export class FieldSet implements ReactiveController {
  private rows = new Map<string, Row[]>();
  private wrong = new Map<string, string>();
  /** What is chosen where other fields hang on it. */
  private chosen = new Map<string, string>();
  /** What a draft says, instead of what the fields begin with. */
  private begun: Initial = {};
  private round = 0;
  private made = 0;

  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this);
  }

  hostConnected(): void {}

  /** As if nothing had been written but what a draft says. */
  reset(begun: Initial = {}): void {
    this.begun = begun;
    this.rows.clear();
    this.wrong.clear();
    this.chosen.clear();
    this.round++;
    // At once: drawn later, with whatever changes next, it would take what has been written by then.
    this.host.requestUpdate();
  }

  render(fields: Field[]): TemplateResult {
    return this.group(fields, "", this.begun);
  }

  /**
   * What is written so far, as `reset` takes it. What nobody changed is not part of it, for by then the form may begin otherwise; a row is
   * whole. A confirmation is given anew.
   */
  left(fields: Field[], form: HTMLFormElement): Initial {
    return this.written(fields, form, new FormData(form), "", this.begun);
  }

  private written(fields: Field[], form: HTMLFormElement, data: FormData, prefix: string, begun: Initial | null): Initial {
    const found: Initial = {};
    for (const field of fields) {
      const name = prefix + field.name;
      const controls = [...form.elements].filter((each) => isControl(each) && each.name === name) as Control[];
      if (field.kind === "yes") continue;
      if (field.kind === "rows") {
        if (this.rows.has(name)) found[field.name] = data.getAll(name).map((row) => this.written(field.of ?? [], form, data, `${name}.${String(row)}.`, null));
      } else if (begun && !(field.name in begun) && !controls.some(isChanged)) continue;
      else found[field.name] = controls.length ? asBegun(field, name, data) : begun?.[field.name];
    }
    return found;
  }

  /** Whether everything is as it must be; else each field says what is not, and the first of them has the focus. */
  valid(form: HTMLFormElement, more: Complaint[] = []): boolean {
    this.wrong.clear();
    for (const control of form.elements) {
      if (!isControl(control) || control.disabled || !control.name || control.validity.valid) continue;
      if (!this.wrong.has(control.name)) this.wrong.set(control.name, complaint(control));
    }
    return this.told(form, more);
  }

  /** What the centre or the page says of fields; true where nothing is wrong. Names may be the centre's. */
  told(form: HTMLFormElement, complaints: Complaint[]): boolean {
    const data = new FormData(form);
    for (const [name, words] of complaints) {
      const input = inputOf(name, data);
      if (!this.wrong.has(input)) this.wrong.set(input, words);
    }
    this.host.requestUpdate();
    void this.host.updateComplete.then(() => {
      const first = [...form.elements].find((each) => isControl(each) && each.type !== "hidden" && this.wrong.has(each.name)) as Control | undefined;
      for (let folded = first?.closest("details"); folded; folded = folded.parentElement?.closest("details")) folded.open = true;
      first?.focus();
      // A whole table can be wrong: nothing in it takes the focus.
      if (!first) form.querySelector(".field-error")?.scrollIntoView({ block: "center" });
    });
    return this.wrong.size === 0;
  }

  /** The fields, those seldom needed folded away unless one of them says something. */
  private group(fields: Field[], prefix: string, initial: Initial = {}): TemplateResult {
    const asked = fields.filter((field) => this.isAsked(field, fields, prefix, initial));
    const seldom = asked.filter((field) => field.more);
    const says = seldom.some(({ name }) => initial[name] !== undefined && initial[name] !== "false" && initial[name]?.length !== 0);
    return html`${keyed(this.round, html`${this.all(asked.filter((field) => !field.more), prefix, initial)}`)}
      ${seldom.length ? html`<details class="seldom" ?open=${says}><summary>${t("f_more")}</summary><div class=${prefix ? "row-fields" : "fields-of"}>${keyed(this.round, html`${this.all(seldom, prefix, initial)}`)}</div></details>` : nothing}`;
  }

  private isAsked({ only }: Field, beside: Field[], prefix: string, initial: Initial): boolean {
    if (!only) return true;
    const [choice, value] = only;
    return (this.chosen.get(prefix + choice) ?? initial[choice] ?? beside.find(({ name }) => name === choice)?.value) === value;
  }

  private all(fields: Field[], prefix: string, initial: Initial): unknown {
    // By name: a field that comes or goes leaves what is written in the others.
    return repeat(
      fields,
      ({ name }) => name,
      (field) => html`<div class="field ${field.kind}-field">${this.one(field, prefix + field.name, initial[field.name] ?? field.value)} ${this.beside(field, prefix + field.name)}</div>`,
    );
  }

  private beside(field: Field, name: string) {
    const words = this.wrong.get(name);
    return html`${field.hint ? html`<p class="hint" id="hint-${name}">${t(field.hint)}</p>` : nothing}
      ${words ? html`<p class="field-error" id="wrong-${name}" role="alert">${words}</p>` : nothing}`;
  }

  private one(field: Field, name: string, initial: string | string[] | Initial[] | undefined): TemplateResult {
    const { label, required = false, max, min } = field;
    const invalid = this.wrong.has(name) ? "true" : nothing;
    const by = this.wrong.has(name) ? `wrong-${name}` : field.hint ? `hint-${name}` : nothing;
    const text = typeof initial === "string" ? initial : "";
    const words = html`<span>${t(label, zoneNow())}${required ? html`<b class="must" aria-hidden="true"> *</b>` : nothing}${field.needed && !required ? html` <small class="needed">${t("r_needed")}</small>` : nothing}</span>`;
    switch (field.kind) {
      case "yes":
      case "check":
        return html`<label class="tick"><input type="checkbox" name=${name} ?required=${field.kind === "yes"} aria-invalid=${invalid} aria-describedby=${by} .defaultChecked=${text === "true"} /> ${t(label)}</label>`;
      case "text":
      case "lines":
        return html`<label>${words}<textarea name=${name} rows=${field.kind === "text" ? 3 : 2} maxlength=${max ?? 20_000} ?required=${required} aria-invalid=${invalid} aria-describedby=${by} .defaultValue=${text}></textarea></label>`;
      case "time":
        return html`<label>${words}<input type="datetime-local" name=${name} ?required=${required} aria-invalid=${invalid} aria-describedby=${by} .defaultValue=${local(text)} /></label>`;
      case "date":
        return html`<label>${words}<input type="date" name=${name} min="2000-01-01" max="2099-12-31" ?required=${required} aria-invalid=${invalid} aria-describedby=${by} .defaultValue=${text} /></label>`;
      case "number":
      case "whole":
        return html`<label>${words}<input type="number" inputmode="decimal" name=${name} step=${field.kind === "whole" ? "1" : "any"} min=${min ?? (field.kind === "whole" ? 1 : nothing)} max=${max ?? nothing}
          ?required=${required} aria-invalid=${invalid} aria-describedby=${by} .defaultValue=${text} /></label>`;
      case "kg":
        return html`<label>${words}
          <span class="with-unit"><input inputmode="decimal" name=${name} pattern="[0-9]{1,8}(\\.[0-9]{1,6})?" autocomplete="off" ?required=${required} aria-invalid=${invalid} aria-describedby=${by} .defaultValue=${text} />
            <select name="${name}.unit" aria-label=${t("f_unit")}><option value="kg">${t("kg")}</option><option value="g">${t("g")}</option></select></span></label>`;
      case "choice":
      case "truth":
        return html`<label>${words}<select name=${name} ?required=${required} aria-invalid=${invalid} aria-describedby=${by} @change=${(event: Event) => this.choose(name, (event.target as HTMLSelectElement).value)}>
          ${optionsOf(field).map(([value, said]) => html`<option value=${value} ?selected=${value === text}>${said}</option>`)}</select></label>`;
      case "ticks": {
        const chosen = Array.isArray(initial) ? (initial as string[]) : [];
        return html`<fieldset class="ticks" aria-invalid=${invalid}>
          <legend>${t(label)}${required ? html`<b class="must" aria-hidden="true"> *</b>` : nothing}${field.needed ? html` <small class="needed">${t("r_needed")}</small>` : nothing}</legend>
          ${(field.options ?? []).map(([value, said]) => html`<label class="tick"><input type="checkbox" name=${name} value=${value} .defaultChecked=${chosen.includes(value)} /> ${said}</label>`)}
        </fieldset>`;
      }
      case "rows":
        return this.table(field, name, initial);
      case "hash":
        return html`<label>${words}<input name=${name} pattern=${PATTERNS.hash} maxlength="64" autocomplete="off" spellcheck="false" aria-invalid=${invalid} aria-describedby=${by} .defaultValue=${text} /></label>
          ${"subtle" in crypto ? html`<label class="from-file"><span>${t("f_hash_file")}</span><input type="file" @change=${(event: Event) => this.hash(event, name)} /></label>` : nothing}`;
      default: {
        const picks = field.options?.length ? `picks-${name}` : nothing;
        return html`<label>${words}<input name=${name} maxlength=${max ?? 400} pattern=${PATTERNS[field.kind] ?? nothing} list=${picks} autocomplete="off" ?readonly=${field.fixed ?? false}
            ?required=${required} aria-invalid=${invalid} aria-describedby=${by} .defaultValue=${text} /></label>
          ${field.options?.length ? html`<datalist id=${picks}>${field.options.map(([value, said]) => html`<option value=${value}>${said}</option>`)}</datalist>` : nothing}`;
      }
    }
  }

  private table(field: Field, name: string, initial: string | string[] | Initial[] | undefined): TemplateResult {
    const begun = Array.isArray(initial) ? (initial as Initial[]) : (field.rows ?? []);
    let rows = this.rows.get(name);
    if (!rows) {
      const least = Math.max(begun.length, field.least ?? 0);
      rows = Array.from({ length: least }, (_, index) => this.row(begun[index] ?? {}));
      this.rows.set(name, rows);
    }
    const standing = rows;
    return html`<fieldset class="table" data-rows=${name}>
      <legend>${t(field.label)}${field.required ? html`<b class="must" aria-hidden="true"> *</b>` : nothing}${field.needed ? html` <small class="needed">${t("r_needed")}</small>` : nothing}</legend>
      <ol>
        ${repeat(
          standing,
          (row) => row.id,
          (row, index) => html`<li>
            <input type="hidden" name=${name} value=${row.id} />
            <div class="row-fields">${this.group(field.of ?? [], `${name}.${row.id}.`, row.initial)}</div>
            <button type="button" class="quiet drop" ?disabled=${standing.length <= (field.least ?? 0)} aria-label=${t("f_drop", index + 1)} title=${t("f_drop", index + 1)}
              @click=${() => this.drop(name, row.id)}>×</button>
          </li>`,
        )}
      </ol>
      <button type="button" class="add" ?disabled=${standing.length >= (field.most ?? 20)} @click=${(event: Event) => this.add(name, event)}>+ ${t(field.add ?? "f_add")}</button>
    </fieldset>`;
  }

  private choose(name: string, value: string): void {
    this.chosen.set(name, value);
    this.host.requestUpdate();
  }

  private row(initial: Initial): Row {
    return { id: `r${++this.made}`, initial };
  }

  private add(name: string, event: Event): void {
    const table = (event.target as HTMLElement).closest("fieldset");
    this.rows.get(name)?.push({ id: `n${crypto.randomUUID().slice(0, 8)}`, initial: {} });
    this.host.requestUpdate();
    void this.host.updateComplete.then(() => table?.querySelector<HTMLElement>(":scope > ol > li:last-child .field input, :scope > ol > li:last-child .field select")?.focus());
  }

  private drop(name: string, id: string): void {
    this.rows.set(name, (this.rows.get(name) ?? []).filter((row) => row.id !== id));
    this.host.requestUpdate();
  }

  /** The fingerprint of a photograph or paper, made here: the file itself stays with the officer. */
  private async hash(event: Event, name: string): Promise<void> {
    const chosen = event.target as HTMLInputElement;
    const file = chosen.files?.[0];
    const into = chosen.form?.elements.namedItem(name);
    if (!file || !(into instanceof HTMLInputElement)) return;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    into.value = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    into.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function optionsOf(field: Field): Option[] {
  if (field.kind === "truth") return [["", t("f_seals_unknown")], ["true", t("f_seals_intact")], ["false", t("f_seals_broken")]];
  return field.required && field.value === undefined ? [["", t("f_choose")], ...(field.options ?? [])] : (field.options ?? []);
}

/** An instant as the input wants it; `+30` is that many minutes from now. */
function local(text: string): string {
  if (!text) return "";
  const at = text.startsWith("+") ? centreTime.now() + Number(text) * 60_000 : Date.parse(text);
  return Number.isNaN(at) ? "" : localInput(at);
}

/** As `local` and the inputs take it; grams are kilograms from there on. */
function asBegun(field: Field, name: string, data: FormData): string | string[] {
  if (field.kind === "ticks") return data.getAll(name).map(String);
  if (field.kind === "check") return String(data.has(name));
  const text = String(data.get(name) ?? "");
  if (field.kind === "time") return text && zoned(text);
  return field.kind === "kg" && /^\d+(\.\d+)?$/.test(text) ? inKilograms(text, String(data.get(`${name}.unit`) ?? "kg")) : text;
}

function isChanged(control: Control): boolean {
  if (control instanceof HTMLSelectElement) return [...control.options].some((option) => option.selected !== option.defaultSelected);
  return control.type === "checkbox" ? (control as HTMLInputElement).checked !== (control as HTMLInputElement).defaultChecked : control.value !== control.defaultValue;
}

const isControl = (element: Element): element is Control => element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement;

/** What the browser found, in the reader's language: its own words are in the browser's. */
function complaint(control: Control): string {
  const { validity } = control;
  const bound = (name: "min" | "max"): string => control.getAttribute(name) ?? "";
  if (validity.valueMissing) return t(control.type === "checkbox" ? "e_tick" : "e_missing");
  if (validity.rangeUnderflow) return t("e_least", bound("min"));
  if (validity.rangeOverflow) return t("e_most", bound("max"));
  if (validity.stepMismatch) return t("e_whole");
  if (validity.badInput) return t("e_number");
  if (validity.tooLong) return t("e_long", control.getAttribute("maxlength") ?? "");
  if (validity.patternMismatch) return t(SHAPES[control.getAttribute("pattern") ?? ""] ?? "e_shape");
  return control.validationMessage;
}

const SHAPES: Record<string, Key> = {
  [PATTERNS.country ?? ""]: "e_country",
  [PATTERNS.agency ?? ""]: "e_agency",
  [PATTERNS.person ?? ""]: "e_person",
  [PATTERNS.name ?? ""]: "e_name",
  [PATTERNS.code ?? ""]: "e_code",
  [PATTERNS.ref ?? ""]: "e_code",
  [PATTERNS.part ?? ""]: "e_part",
  [PATTERNS.language ?? ""]: "e_language",
  [PATTERNS.hash ?? ""]: "e_hash",
  [PATTERNS.opens ?? ""]: "e_clock",
  [PATTERNS.closes ?? ""]: "e_clock_end",
  [PATTERNS.zone ?? ""]: "e_zone",
  "[0-9]{1,8}(\\.[0-9]{1,6})?": "e_kg",
};
