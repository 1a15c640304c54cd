import { html, nothing } from "lit";
import { customElement } from "lit/decorators.js";
import { calls } from "../calls";
import { centreTime } from "../centre-time";
import { deliveries } from "../delivery-store";
import { SILENCE_MS } from "../feed";
import { clock } from "../format";
import { Page } from "../page";
import { shift } from "../shift-store";
import { GRAVE, MUTE_MINUTES, sound, type Cause } from "../sound";
import { store, Watch } from "../store";
import { t } from "../texts";

const SUPERVISOR_MINUTE = 5;
/** An acknowledged alarm is heard again for so long, each time that it rings. */
const RING_MS = 12_000;

/** Everything that is to be heard now. */
function causes(): Cause[] {
  // Silence must mean that nothing rings, not that nobody would hear of it.
  if (store.ended) return store.endedBy ? [] : [{ key: "ended", level: 1 }];
  const found: Cause[] = [];
  if (!deliveries.refused && "heard" in deliveries.link && Date.now() - (deliveries.link.heard ?? store.now) > SILENCE_MS) found.push({ key: `line ${deliveries.link.heard ?? ""}`, level: 1 });
  for (const { delivery, alarm } of deliveries.alarms()) {
    const rang = Date.parse(alarm.raised) + Math.max(0, alarm.rung) * 60_000;
    if (alarm.acknowledged && !(alarm.rung > 0 && centreTime.now() - rang < RING_MS)) continue;
    const level = GRAVE.has(alarm.kind) ? 3 : alarm.rung >= SUPERVISOR_MINUTE ? 2 : 1;
    found.push({ key: `${delivery.delivery} ${alarm.id} ${alarm.count} ${level} ${alarm.acknowledged ? alarm.rung : ""}`, level });
  }
  for (const ring of deliveries.past.values()) if (!deliveries.items.has(ring.delivery)) found.push({ key: `${ring.delivery} ${ring.ring}`, level: 2 });
  for (const alert of deliveries.real.values()) if (!alert.answered_by) found.push({ key: alert.id, level: 3 });
  if (store.me?.supervises) for (const { id } of calls.unread) found.push({ key: `call ${id}`, level: 2 });
  const me = `${store.me?.agency ?? ""}/${store.me?.person ?? ""}`;
  for (const item of shift.page?.items ?? []) {
    if (item.about.priority === "flash" && item.accepted === null && item.responsible === me) found.push({ key: `${item.item} ${item.version}`, level: 2 });
  }
  if (store.may("supervisor")) for (const item of shift.alone) found.push({ key: `alone ${item.kind} ${item.since} ${item.rings}`, level: 2 });
  return found;
}

/** On every page: what is heard, whether it could be, and the mute with its end. */
@customElement("ric-sound")
export class SoundBar extends Page {
  protected readonly watch = new Watch(this, true);

  override connectedCallback(): void {
    super.connectedCallback();
    sound.addEventListener("change", this.onChange);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    sound.removeEventListener("change", this.onChange);
  }

  protected override willUpdate(): void {
    if (!store.coordinates) return;
    sound.start();
    sound.tell(causes());
  }

  override render() {
    if (!store.coordinates) return nothing;
    this.dataset["sounding"] = String(sound.level);
    const off = !sound.running && !sound.elsewhere;
    this.dataset["sound"] = off ? "off" : sound.running ? "on" : "elsewhere";
    if (off) return html`<div class="sound-bar off" role="status"><button type="button" @click=${() => void sound.on()}>${t("so_off")}</button></div>`;
    const muted = sound.muted;
    if (!sound.due && !(muted && sound.causes.length)) return nothing;
    return html`<div class="sound-bar" role="status">
      ${sound.due ? html`<button type="button" data-mute @click=${() => sound.mute()}>${t("so_mute", MUTE_MINUTES)}</button>` : nothing}
      ${muted ? html`<span data-muted>${t("so_muted", clock(muted.until + centreTime.skew))}</span>` : nothing}
    </div>`;
  }

  private readonly onChange = (): void => this.requestUpdate();
}
