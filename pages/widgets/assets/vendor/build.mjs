// Bundles d3.js into d3.min.js, and writes which packages are in it, with their versions and licences.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";

const settings = { entryPoints: ["d3.js"], bundle: true, minify: true, format: "esm", legalComments: "none", metafile: true };
const { metafile } = await build({ ...settings, write: false });
const names = new Set(Object.keys(metafile.inputs).flatMap((file) => file.match(/node_modules\/([^/]+)/)?.[1] ?? []));
const packages = [...names].sort().map((name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")));
const list = packages.map(({ name, version }) => `${name} ${version}`).join(", ");
await build({ ...settings, outfile: "d3.min.js", banner: { js: `/* ${list}; licences: LICENSES.md */` } });
const texts = packages.map(({ name, version, license }) => {
  const text = readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim();
  return `## ${name} ${version}\n\n${license}\n\n${text.replace(/^/gm, "    ").replace(/ +$/gm, "")}\n`;
});
writeFileSync("LICENSES.md", `# What d3.min.js is made of\n\n\`build.sh\` writes this file.\n\n${texts.join("\n")}`);
