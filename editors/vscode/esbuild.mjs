// Bundles the extension to dist/, or with --tests every test to out/test/, so that node runs them as they are.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";

const production = process.argv.includes("--production");
const common = { bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  await build({ ...common, entryPoints: tests, outdir: "out/test", outExtension: { ".js": ".cjs" }, sourcemap: "inline" });
} else {
  // The schemas of the repository travel with the extension.
  mkdirSync("schemas", { recursive: true });
  copyFileSync("../../schemas/hoplint-chain.schema.json", "schemas/hoplint-chain.schema.json");
  await build({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    external: ["vscode"],
    minify: production,
    sourcemap: !production,
  });
}
