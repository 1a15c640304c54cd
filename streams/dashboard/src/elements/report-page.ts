import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { api, type ApiError, type Receipt, type Report, type Revision } from "../api";
import { changes, plain } from "../changes";
import { moment, time } from "../format";
import { Page } from "../page";
import { store, Watch } from "../store";
import { kindName, t } from "../texts";
import { asFound, problems } from "./as-found";
import { asWritten } from "./as-written";
import "./hold-control";
import { proposal } from "./incident-list";
import { refusal } from "./refusal";
import { taken, where } from "./report-row";

/** How often, and how long after, a report that the feed shows is asked for where the database is behind it. */
const MAX_WAITS = 60;
const AGAIN_MS = 1_000;

/** One report: what the agency wrote beside what the centre found, how it changed, and what became of it. */
@customElement("ric-report")
export class ReportPage extends Page {
  protected readonly watch = new Watch(this);
  @property() report = "";
  @state() private found: Report | null = null;
  @state() private error: ApiError | null = null;
  @state() private gone = false;
  @state() private decided = false;
  private revision = 0;
  private waits = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    store.addEventListener("change", this.onChange);
    store.addEventListener("gone", this.onGone);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    store.removeEventListener("change", this.onChange);
    store.removeEventListener("gone", this.onGone);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("report")) {
      this.found = null;
      this.gone = this.decided = false;
      void this.load();
    }
  }

  override render() {
    if (this.error) return html`<section class="panel">${back()} ${refusal(this.error)}</section>`;
    if (this.gone)
      return html`<section class="panel">
        ${back()}
        <p class="empty" role="status">${t("gone")}</p>
        ${this.decided ? html`<ric-hold .report=${this.report} .sent=${true}></ric-hold>` : nothing}
      </section>`;
    const found = this.found;
    if (!found) return html`<section class="panel">${back()}<p class="empty" role="status">${t("loading")}</p></section>`;
    return html`<article class="report" aria-labelledby="report-title">
      <header class="panel report-head">
        ${back()}
        <div class="row-head">
          <ric-handling .tlp=${found.tlp}></ric-handling>
          <span class="kind">${kindName(found.kind)}</span>
          <bdi class="originator">${found.originator}</bdi>
          <bdi class="figure">${found.report_id}</bdi>
          <span class="chip">${t("revision", found.revision)}</span>
          ${found.withdrawn ? html`<span class="chip bad">${t("withdrawn")}</span>` : nothing}
        </div>
        <h1 id="report-title" tabindex="-1"><bdi>${found.title ?? `${kindName(found.kind)} ${found.report_id}`}</bdi></h1>
        <p class="row-facts">${where(found)} ${taken(found)}</p>
        <p class="row-foot">
          ${found.occurred ? html`<span>${t("occurred")}: ${moment(found.occurred)}</span>` : nothing}
          <span>${t("received")}: ${time(found.received)}</span>
        </p>
        <ric-hold .report=${found.id} .hold=${found.hold ?? null} @decided=${this.onDecided}></ric-hold>
      </header>
      <div class="beside">
        <section class="panel" aria-labelledby="written">
          <h2 id="written">${t("as_written")}</h2>
          ${asWritten(found.report)}
        </section>
        <div class="stack">
          <section class="panel" aria-labelledby="found">
            <h2 id="found">${t("as_found")}</h2>
            ${found.enrichment ? asFound(found.enrichment) : html`<p>${t("no_enrichment")}</p>`}
          </section>
          <section class="panel" aria-labelledby="revisions">
            <h2 id="revisions">${t("revisions")}</h2>
            ${this.revisions(found)}
          </section>
          ${
            found.incidents?.length
              ? html`<section class="panel" aria-labelledby="proposals">
                  <h2 id="proposals">${t("same_seizure")}</h2>
                  ${found.incidents.map((incident) => proposal(incident, found.id))}
                </section>`
              : nothing
          }
          <section class="panel" aria-labelledby="receipts">
            <h2 id="receipts">${t("receipts")}</h2>
            ${found.receipts?.length ? receipts(found.receipts) : html`<p>${t("no_receipts")}</p>`}
          </section>
        </div>
      </div>
    </article>`;
  }

  private revisions(found: Report) {
    const known = [...(found.revisions ?? [])].sort((a, b) => a.revision - b.revision);
    return html`<ol class="revisions" reversed>
      ${known
        .map((revision, index) => ({ revision, before: known[index - 1] }))
        .reverse()
        .map(
          ({ revision, before }) => html`<li data-revision=${revision.revision}>
            <h3>
              ${t("revision", revision.revision)}
              <span class="chip ${revision.revision === found.revision ? "good" : ""}"
                >${revision.revision === found.revision ? t("stands") : t("late")}</span
              >
              <small>${t("received")}: ${time(revision.received)}</small>
            </h3>
            ${revision.correction ? html`<p><bdi>${revision.correction.reason}</bdi></p>` : nothing} ${difference(before, revision)}
          </li>`,
        )}
    </ol>`;
  }

  /** What is held is hidden from here on, so it stays on the page only until the officer leaves; what is released is asked for again. */
  private readonly onDecided = (event: CustomEvent<string>): void => {
    this.decided = event.detail === "hold";
    if (event.detail === "release") void this.load();
  };

  /** What may no longer be seen leaves the page at once; asking again would race with the database. */
  private readonly onGone = (event: Event): void => {
    if ((event as CustomEvent<string>).detail !== this.report) return;
    this.found = null;
    this.gone = true;
  };

  /** A newer revision on the feed is fetched by itself. */
  private readonly onChange = (): void => {
    const row = store.rows.get(this.report);
    if (this.gone && row && !row.gone) {
      this.gone = false;
      // The feed is ahead of the database by a moment.
      setTimeout(() => void this.load(), AGAIN_MS);
    }
    if (!this.found || !row || row.summary.revision === this.revision) return;
    this.revision = row.summary.revision;
    if (row.summary.revision !== this.found.revision) void this.load();
  };

  private async load(): Promise<void> {
    const asked = this.report;
    this.error = null;
    try {
      const found = await api.report(asked);
      if (asked !== this.report || this.gone) return;
      const first = this.found === null;
      this.waits = 0;
      this.found = found;
      this.revision = found.revision;
      if (first) {
        await this.updateComplete;
        this.querySelector<HTMLElement>("h1")?.focus();
      }
    } catch (error) {
      if (asked !== this.report) return;
      // What the feed shows now is in the database in a moment; until then the page loads.
      if ((error as ApiError).status === 404 && this.onFeed() && this.waits < MAX_WAITS) {
        this.waits += 1;
        setTimeout(() => asked === this.report && this.isConnected && void this.load(), AGAIN_MS);
      } else this.error = error as ApiError;
    }
  }

  private onFeed(): boolean {
    const row = store.rows.get(this.report);
    return row !== undefined && !row.gone;
  }
}

function back() {
  return html`<a class="back" href="#/" @click=${goBack}>← ${t("back")}</a>`;
}

function goBack(event: Event): void {
  if (history.length < 2) return;
  event.preventDefault();
  history.back();
}

function receipts(own: Receipt[]) {
  return html`<ul class="receipts">
    ${own.map(
      (receipt) => html`<li>
        <span class="chip status-${receipt.status}">${receipt.status}</span>
        ${receipt.revision ? t("revision", receipt.revision) : nothing} ${time(receipt.at)}
        ${receipt.problems?.length ? problems(receipt.problems) : nothing} ${receipt.findings?.length ? problems(receipt.findings) : nothing}
      </li>`,
    )}
  </ul>`;
}

function difference(before: Revision | undefined, after: Revision) {
  if (!before) return html`<p class="hint">${t("first_revision")}</p>`;
  if (!before.report || !after.report) return nothing;
  const found = changes(before.report, after.report);
  if (!found.length) return html`<p class="hint">${t("no_changes")}</p>`;
  return html`<div class="scroll">
    <table class="diff">
      <caption>
        ${t("changes_from", before.revision)}
      </caption>
      <thead>
        <tr>
          <th scope="col">${t("field")}</th>
          <th scope="col">${t("before")}</th>
          <th scope="col">${t("after")}</th>
        </tr>
      </thead>
      <tbody>
        ${found.map(
          (change) => html`<tr>
            <th scope="row"><code>${change.field}</code></th>
            <td>${change.before === undefined ? html`<i>${t("added")}</i>` : html`<del><bdi>${plain(change.before)}</bdi></del>`}</td>
            <td>${change.after === undefined ? html`<i>${t("removed")}</i>` : html`<ins><bdi>${plain(change.after)}</bdi></ins>`}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
