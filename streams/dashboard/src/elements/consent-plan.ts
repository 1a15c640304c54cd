import { html, nothing } from "lit";
import { centreTime } from "../centre-time";
import type { Plan, PlanAsk, PlanFinding, PlanLatest, PlanLeg } from "../plan-types";
import { age, country, dateAndClock, left } from "../format";
import { said, tongue, type InBoth } from "../said";
import { settings } from "../store";
import { named, t } from "../texts";

/** The consent planner's answer: whom to ask in each country and until when, what stands against it, what else can be done. */
export function consentPlan(plan: Plan) {
  return html`<p class="note ${plan.clear ? "good" : "bad"}" data-clear=${plan.clear ? "yes" : "no"}><strong>${t(plan.clear ? "r_plan_clear" : "r_plan_blocked")}</strong></p>
    ${plan.hard_stop ? html`<p><i class="stop-sign" aria-hidden="true"></i> ${plan.hard_stop.after_leg ? html`${t("r_plan_stop", plan.hard_stop.after_leg)}: <bdi>${said(plan.hard_stop, "place")}</bdi>` : t("r_plan_no_leg")}</p>` : nothing}
    ${findings(plan.conflicts, t("r_conflicts"))} ${plan.legs.map(leg)}
    ${
      plan.alternatives.length
        ? html`<h3>${t("r_alternatives")}</h3>
            ${otherWays(plan.alternatives)}`
        : nothing
    }
    <p class="small">${t("r_plan_at", dateAndClock(Date.parse(plan.now)), plan.calendar)}</p>`;
}

/** Each says itself, at the end of its reason, which entries are to be verified first. */
export function otherWays(alternatives: Plan["alternatives"]) {
  return html`<ul class="findings">
    ${alternatives.map((other) => html`<li class="info" data-alternative=${other.kind}><b>${named("alt", other.kind)}</b>${other.countries.length ? html` · ${other.countries.map(country).join(" → ")}` : nothing}
      ${other.sources.some(({ stale }) => stale) ? html`<strong class="bad-words" data-stale>${t("dir_stale")}</strong>` : nothing} ${both(other)}</li>`)}
  </ul>`;
}

function both(one: InBoth<"text" | "why">) {
  return html`<span lang=${tongue(one, "text")}>${said(one, "text")}</span><small lang=${tongue(one, "why")}>${said(one, "why")}</small>`;
}

function leg(one: PlanLeg) {
  const worst = one.findings.some(({ severity }) => severity === "blocking") ? "blocked" : one.findings.some(({ severity }) => severity === "action") ? "todo" : "";
  return html`<div class="leg-plan ${worst}" data-plan-leg=${one.number}>
    <b>${one.number}. ${country(one.country)}</b> <span class="small">${named("passage", one.passage)}${one.enters ? html` · ${t("r_enters", dateAndClock(Date.parse(one.enters)))}` : nothing}</span>
    ${one.asks.map(ask)} ${findings(one.findings)}
  </div>`;
}

function ask(one: PlanAsk) {
  const name = one.name[settings.language] ?? one.name["en"] ?? Object.values(one.name)[0] ?? "";
  return html`<div class="ask-who" data-ask=${one.authority}>
    <b><bdi>${one.authority}</bdi></b> <bdi>${name}</bdi> <span class="chip">${t(one.competence === "consents" ? (one.own ? "r_own" : "r_consents") : "r_informed")}</span>
    ${one.source.stale ? html`<strong class="bad-words">${t("dir_stale")}</strong>` : nothing}
    <div class="small">${one.desk} · ${one.open_now ? t("r_open_now") : one.opens ? t("r_opens", dateAndClock(Date.parse(one.opens))) : t("r_closed")} · ${t("r_languages_short", one.languages.join(", "))}</div>
    <div class="small"><bdi>${one.reach.map(({ kind, address }) => `${named("reach", kind)} ${address}`).join(" · ")}</bdi></div>
    ${one.latest ? latest(one.latest, "r_latest") : nothing} ${one.urgent ? latest(one.urgent, "r_urgent") : nothing}
    ${one.written_due_hours ? html`<div class="small">${t("r_written_due", one.written_due_hours)}</div>` : nothing}
    ${one.missing.length ? html`<div><b class="bad-words">${t("r_missing_papers")}:</b> ${one.missing.map(({ kind, language }) => `${named("paper", kind)}${language ? ` (${language})` : ""}`).join(", ")}</div>` : nothing}
  </div>`;
}

function latest(one: PlanLatest, label: "r_latest" | "r_urgent") {
  const remaining = Date.parse(one.at) - centreTime.now();
  return html`<div title=${said(one, "why")}>
    ${t(label)}: <span class="latest ${remaining < 0 ? "bad-words" : ""}">${dateAndClock(Date.parse(one.at))}</span>
    ${remaining < 0 ? html`<b class="bad-words">${t("r_too_late", age(-remaining))}</b>` : html`<span class="small">${t("r_in", left(remaining))}</span>`}
    <span class="small">${t("r_theirs", one.text)}</span>
  </div>`;
}

function findings(all: PlanFinding[], title = "") {
  if (!all.length) return nothing;
  return html`${title ? html`<h3>${title}</h3>` : nothing}
    <ul class="findings">
      ${all.map(
        (one) => html`<li class=${one.severity} data-topic=${one.topic}><b>${named("sev", one.severity)}</b> · ${named("topic", one.topic)}: ${both(one)}</li>`,
      )}
    </ul>`;
}
