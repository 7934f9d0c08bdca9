/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig(async ({ command, mode }) => {
  const plugins = [vue()];
  // `npm run dev -- --mode mock` works without a server, on invented data; nothing of it is built or shipped.
  if (command === "serve" && mode === "mock") plugins.push((await import("./dev/mock.ts")).mockServer());
  return {
    plugins,
    resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
    define: {
      __VUE_OPTIONS_API__: false,
      __VUE_PROD_DEVTOOLS__: false,
      __VUE_I18N_LEGACY_API__: false,
      __VUE_I18N_FULL_INSTALL__: false,
      __INTLIFY_PROD_DEVTOOLS__: false,
      // Messages are interpreted, never turned into functions: the content security policy forbids eval.
      __INTLIFY_JIT_COMPILATION__: true,
      __INTLIFY_DROP_MESSAGE_COMPILER__: false,
    },
    build: {
      outDir: "../src/kezhong/server/static",
      emptyOutDir: true,
      // Data URLs would need exceptions in the policy.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1300,
      target: "es2022",
    },
    server: { proxy: { "/api": process.env.KEZHONG_API ?? "http://127.0.0.1:8000" } },
    test: { include: ["tests/**/*.test.ts"], environment: "node" },
  };
});
