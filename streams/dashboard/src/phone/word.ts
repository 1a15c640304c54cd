/**
 * The word that goes with every check-in, sealed for the centre the moment it is said (streams/gateway/word.py). What is kept and shown
 * is alike whatever it is, and this phone cannot open it again.
 */

const CURVE = { name: "ECDH", namedCurve: "P-256" };

/** For the act of this id, with the centre's key; null where the phone cannot seal (no secure context, or no key yet). */
export async function sealed(key: string | null, act: string, word: number): Promise<string | null> {
  if (!key || !crypto.subtle) return null;
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const theirs = await crypto.subtle.importKey("raw", bytes(key), CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
  const by = await crypto.subtle.importKey("raw", await crypto.subtle.digest("SHA-256", shared), "AES-GCM", false, ["encrypt"]);
  const body = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12), additionalData: new TextEncoder().encode(act) }, by, Uint8Array.of(word));
  const point = await crypto.subtle.exportKey("raw", own.publicKey);
  return text(new Uint8Array([...new Uint8Array(point), ...new Uint8Array(body)]));
}

const text = (raw: Uint8Array): string => btoa(String.fromCharCode(...raw)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = (of: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(of.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
