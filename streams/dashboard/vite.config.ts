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
  },
});
