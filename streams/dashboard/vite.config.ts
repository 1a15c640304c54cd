import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  worker: { format: "es" },
  build: {
    target: "es2022",
    // The content security policy allows nothing inline, so every asset stays a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // MapLibre alone is larger than Vite's warning; it is loaded only when the map is shown.
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
    rollupOptions: {
      input: { index: "index.html", phone: "phone.html", "phone-worker": "src/phone/worker.ts" },
      output: {
        // A service worker keeps its address, and its folder is what it serves.
        entryFileNames: ({ name }) => (name === "phone-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
