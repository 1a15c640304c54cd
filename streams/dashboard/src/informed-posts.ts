/** Posts that were told of the load: a crossing's post is picked from the gazetteer, whoever stands at no crossing is a unit. */

import type { About } from "./act-forms";
import { api } from "./api";
import { placeName, type Act, type Delivery, type Informed, type PassedPost, type PlanPlace } from "./delivery-types";
import type { Post } from "./directory-types";
import type { Field, Initial, Option } from "./fields";
import { country } from "./format";
import { settings, store } from "./store";
import { named, t, type Key } from "./texts";

const MEANS = ["telephone", "radio", "secure_channel", "in_writing", "in_person"];
const gazetteer = new Map<string, Post[]>();

/** The posts of these countries, each asked for once. */
export async function learn(countries: string[]): Promise<void> {
  await Promise.all(countries.filter((code) => !gazetteer.has(code)).map(async (code) => gazetteer.set(code, (await api.crossings(code)).items)));
}

export const countriesOf = ({ parts }: Delivery): string[] => [...new Set(parts.flatMap(({ legs }) => legs.map(({ plan }) => plan.country)))].sort();

/** What stands of a post: the newest word, or none. */
export const wordOn = (delivery: Delivery, { country, post, named }: PassedPost): Informed | undefined =>
  delivery.informed?.findLast((one) => one.country === country && (post === null ? one.unit === named : one.post === post));

/** The name in the reader's language, in whichever it was written, where the gazetteer has come. */
export function postName(code: string, name: string): string {
  const known = gazetteer.get(code)?.find((post) => post.name === name || post.ru === name);
  return known ? (settings.language === "ru" ? known.ru : known.name) : name;
}

/** A place on the way: a crossing by its name in the reader's language, anything else as it was written. */
export const placeIn = (place: PlanPlace | null | undefined, country: string): string =>
  place?.crossing ? postName(place.country ?? country, place.crossing) : placeName(place);

/** The post or unit that was told. */
export const nameIn = ({ country, post, unit }: Informed): string => `${post === undefined ? (unit ?? "") : postName(country, post)}, ${country}`;

export const telling = ({ told, told_by, means }: Informed): string => `${told} ← ${told_by}, ${named("means", means)}`;

/** `begun`: what the rows begin with. */
export function postRows({ delivery }: About, begun: Initial[], needed: boolean): Field {
  const countries = countriesOf(delivery);
  const choices = (kind: string, values: string[]): Option[] => values.map((value): Option => [value, named(kind, value)]);
  return {
    name: "informed_posts",
    label: "f_posts",
    kind: "rows",
    add: "f_add_post",
    hint: "h_posts",
    most: 120,
    ...(needed ? { required: true, least: 1 } : {}),
    rows: begun,
    of: [
      { name: "is", label: "f_post_is", kind: "choice", required: true, value: "crossing", options: choices("post_is", ["crossing", "unit"]) },
      { name: "post", label: "f_post", kind: "line", required: true, only: ["is", "crossing"], options: countries.flatMap(picks) },
      { name: "country", label: "f_post_country", kind: "choice", required: true, only: ["is", "unit"], options: countries.map((code): Option => [code, country(code)]) },
      { name: "unit", label: "f_unit", kind: "line", required: true, only: ["is", "unit"] },
      { name: "told", label: "f_told", kind: "line", required: true },
      { name: "told_by", label: "f_told_by", kind: "line", required: true, value: store.me ? `${store.me.agency}/${store.me.person}` : "" },
      { name: "means", label: "f_told_means", kind: "choice", required: true, value: "telephone", options: choices("means", MEANS) },
      { name: "at", label: "f_told_at", kind: "time", required: true, value: "+0" },
    ],
  };
}

/** Of the lead's checklist: what it has said already, and every post that does not know. */
export const declared = ({ delivery }: About): Initial[] => [
  ...(delivery.informed ?? []).filter(({ by }) => by.startsWith(`${delivery.lead}/`)).map(written),
  ...missing(delivery).map(asked),
];

/** The posts that do not know on the legs of this officer's agency; of any, where it has none. */
export function ours({ delivery }: About): Initial[] {
  const mine = new Set(delivery.parts.flatMap(({ legs }) => legs.filter(({ plan }) => [plan.authority, plan.controller].includes(store.me?.agency ?? "")).map(({ number }) => number)));
  const all = missing(delivery);
  const own = all.filter(({ leg }) => mine.has(leg));
  return (own.length ? own : all).map(asked);
}

/** As the act says it: what was picked is a post of a country. */
export function finish(body: Act): void {
  const rows = body["informed_posts"] as Record<string, string>[] | undefined;
  if (rows) body["informed_posts"] = rows.map(({ is, post = "", unit, country, ...said }) => (is === "unit" ? { country, unit, ...said } : { ...picked(post), ...said }));
}

/** A name that is no post's, or several posts'. */
export function check(body: Act): [string, Key][] {
  const rows = (body["informed_posts"] ?? []) as { country?: string }[];
  return rows.flatMap(({ country }, index): [string, Key][] => (country ? [] : [[`informed_posts[${index}].post`, "e_post"]]));
}

export const missing = ({ posts = [] }: Delivery): PassedPost[] => posts.filter(({ state }) => state === "missing");

const listed = (name: string, code: string): string => `${name}, ${code}`;

const asked = ({ country, post, named }: PassedPost): Initial => (post === null ? { is: "unit", country, unit: named ?? "" } : { is: "crossing", post: listed(post, country) });

const written = ({ post, unit, country, told, told_by, means, at }: Informed): Initial => ({
  ...(post === undefined ? { is: "unit", country, unit: unit ?? "" } : { is: "crossing", post: listed(post, country) }),
  told, told_by, means, at,
});

const described = ({ ru, by, to }: Post): string => `${ru} · ${t(`post_by_${by}`)}${to.length ? ` → ${to.join(", ")}` : ""}`;

const picks = (code: string): Option[] => (gazetteer.get(code) ?? []).map((post): Option => [listed(post.name, code), described(post)]);

/** "Karamyk, TJ" as it stands in the list; a bare name, in either language, where it is one post's alone. */
function picked(text: string): { post: string; country?: string } {
  const [, name = text, code] = /^(.*), ([A-Z]{2})$/.exec(text) ?? [];
  const same = (one: string): boolean => one.toLocaleLowerCase() === name.toLocaleLowerCase();
  const found = [...gazetteer].filter(([of]) => !code || of === code).flatMap(([of, posts]) => posts.filter((post) => same(post.name) || same(post.ru)).map((post) => ({ post: post.name, country: of })));
  if (found.length === 1 && found[0]) return found[0];
  // Of a country whose posts have not come the centre judges.
  return code && !gazetteer.has(code) ? { post: name, country: code } : { post: text };
}
