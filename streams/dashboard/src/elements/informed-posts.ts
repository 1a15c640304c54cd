import { html, nothing } from "lit";
import type { Delivery, PassedPost } from "../delivery-types";
import { country, time } from "../format";
import { missing, postName, telling, wordOn } from "../informed-posts";
import { t } from "../texts";

const MARK = { informed: "✓", missing: "✗", later: "…", unnamed: "?" };

/** The checklist of posts, leg by leg: who knows, who does not, and whoever else was told. */
export function postsChecklist(found: Delivery) {
  const posts = found.posts ?? [];
  const units = (found.informed ?? []).filter(({ unit, country }) => unit !== undefined && !posts.some((one) => one.post === null && one.named === unit && one.country === country));
  if (!posts.length && !units.length) return nothing;
  const open = missing(found).length;
  return html`<h3 id="posts-title">${t("d_posts")} ${open ? html`<span class="chip bad" data-uninformed=${open}>${t("d_posts_missing", open)}</span>` : html`<span class="chip good">${t("d_posts_all")}</span>`}</h3>
    <ul class="posts" aria-labelledby="posts-title">
      ${posts.map((one) => line(found, one))}
      ${units.map((one) => html`<li data-unit><i aria-hidden="true">✓</i> <span>${country(one.country)} · <bdi>${one.unit}</bdi> <small>${t("d_post_unit")}</small><span class="small"><bdi>${telling(one)}</bdi> · ${time(one.at)}</span></span></li>`)}
    </ul>`;
}

function line(found: Delivery, one: PassedPost) {
  const word = one.state === "informed" ? wordOn(found, one) : undefined;
  return html`<li class="post-${one.state}" data-post=${one.post ?? one.named ?? ""} data-state=${one.state}>
    <i aria-hidden="true">${MARK[one.state]}</i>
    <span>${t("d_leg", one.leg)} · ${country(one.country)} · ${t(`d_post_${one.side}`)}: <bdi>${nameOf(one)}</bdi> <b>${t(`d_post_${one.state}`)}</b>
      ${word ? html`<span class="small"><bdi>${telling(word)}</bdi> · ${time(word.at)}</span>` : nothing}</span>
  </li>`;
}

/** Beside the consent of a leg: its posts in few words. */
export function postsOf(found: Delivery, leg: { number: number; plan: { country: string } }) {
  const here = (found.posts ?? []).filter((one) => one.leg === leg.number && one.country === leg.plan.country && one.state !== "unnamed");
  if (!here.length) return nothing;
  return html`<dt>${t("d_posts_short")}</dt><dd>${here.map((one, index) => html`${index ? ", " : ""}<span class=${one.state === "missing" ? "bad-words" : ""}><bdi>${nameOf(one)}</bdi> ${MARK[one.state]}<span class="visually-hidden"> ${t(`d_post_${one.state}`)}</span></span>`)}</dd>`;
}

function nameOf({ country, post, named: planned }: PassedPost): string {
  if (post === null) return planned === null ? t("d_post_nameless") : `${planned} (${t("d_post_strange")})`;
  return postName(country, post);
}
