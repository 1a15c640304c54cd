// What the pages' modules expect of a browser at their start, where there is none.
const kept = new Map();
const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
define("localStorage", { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) });
define("document", { documentElement: { lang: "", dataset: {} }, addEventListener() {}, createTreeWalker: () => ({}), createComment: () => ({}), querySelector: () => null });
define("navigator", { language: "en", languages: ["en"], onLine: true });
// Node's own keeps the process open for as long as somebody listens: the test would never end.
define("BroadcastChannel", class { postMessage() {} });
