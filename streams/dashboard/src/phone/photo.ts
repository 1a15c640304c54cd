/**
 * Photographs for the room, kept on the phone until the centre has them: the bytes go as the line allows, and the message that shows them
 * is written like any other once they are there. Until then the page says that the centre has not received it.
 */

import type { Act } from "../delivery-types";
import { Upload } from "../uploads";

export interface Photo {
  /** Of the message that will show it: sent again it has one effect. */
  id: string;
  who: string;
  delivery: string;
  /** By this phone's clock (ms). */
  at: number;
  file: Blob;
  name: string;
}

/** Kept in a database of their own, for they are large; where it cannot be had, in memory until the page closes. */
export class Photos {
  readonly all = new Map<string, Photo>();
  readonly uploads = new Map<string, Upload>();
  private database: IDBDatabase | null = null;

  /** `changed`: something is to be shown anew. `show`: the centre has the bytes; once it resolves, the message is in the phone's queue. */
  constructor(
    private readonly changed: () => void,
    private readonly show: (act: Act, photo: Photo) => Promise<void>,
  ) {}

  get lasting(): boolean {
    return this.database !== null;
  }

  async open(): Promise<void> {
    try {
      this.database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open("ric-photos", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("photos", { keyPath: "id" });
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = opening.onblocked = () => reject(opening.error ?? new Error("no database"));
      });
      const reading: IDBRequest<Photo[]> = (this.database as IDBDatabase).transaction("photos").objectStore("photos").getAll();
      await new Promise((resolve) => (reading.onsuccess = reading.onerror = resolve));
      for (const photo of reading.result) this.all.set(photo.id, photo);
    } catch {
      this.database = null;
    }
  }

  async add(who: string, delivery: string, file: File): Promise<void> {
    const photo = { id: crypto.randomUUID(), who, delivery, at: Date.now(), file, name: file.name };
    this.all.set(photo.id, photo);
    await this.write((into) => into.put(photo));
    this.go(who);
  }

  async remove(id: string): Promise<void> {
    this.uploads.get(id)?.remove();
    await this.drop(id);
  }

  /** Send what this officer took; nobody sends another's. */
  go(who: string): void {
    for (const photo of this.all.values()) {
      if (photo.who !== who) continue;
      let upload = this.uploads.get(photo.id);
      if (!upload) {
        upload = new Upload(photo.delivery, new File([photo.file], photo.name), photo.who);
        this.uploads.set(photo.id, upload);
        upload.addEventListener("change", () => void this.moved(photo));
      }
      void upload.start();
    }
    this.changed();
  }

  private async moved(photo: Photo): Promise<void> {
    const attached = this.uploads.get(photo.id)?.attached;
    if (attached && this.all.has(photo.id)) {
      await this.show({ id: photo.id, delivery: photo.delivery, act: "room", at: new Date(photo.at).toISOString(), attachments: [attached] }, photo);
      await this.drop(photo.id);
    }
    this.changed();
  }

  private async drop(id: string): Promise<void> {
    this.all.delete(id);
    this.uploads.delete(id);
    await this.write((into) => into.delete(id));
    this.changed();
  }

  private async write(change: (into: IDBObjectStore) => IDBRequest): Promise<void> {
    if (!this.database) return;
    const transaction = this.database.transaction("photos", "readwrite", { durability: "strict" });
    change(transaction.objectStore("photos"));
    // A phone that is full keeps it in memory.
    await new Promise((resolve) => (transaction.oncomplete = transaction.onerror = transaction.onabort = resolve));
  }
}
