// Bundles each of BUNDLES, and writes which packages are in them, with their versions and licences.
import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const BUNDLES = ["d3", "tour", "editor"];
const known = new Map();
for (const name of BUNDLES) {
  const settings = {
    entryPoints: [`${name}.js`], bundle: true, minify: true, format: "esm", legalComments: "none", metafile: true,
    loader: { ".css": "text" },
  };
  const { metafile } = await build({ ...settings, write: false });
  const inside = new Set(
    Object.keys(metafile.inputs).flatMap((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []),
  );
  const packages = [...inside].sort().map((inner) => JSON.parse(readFileSync(`node_modules/${inner}/package.json`, "utf8")));
  for (const one of packages) known.set(one.name, one);
  const list = packages.map((one) => `${one.name} ${one.version}`).join(", ");
  await build({ ...settings, outfile: `${name}.min.js`, banner: { js: `/* ${list}; licences: LICENSES.md */` } });
}
const texts = [...known.keys()].sort().map((name) => {
  const { version, license } = known.get(name);
  const file = readdirSync(`node_modules/${name}`).find((one) => /^licen[cs]e(\.md)?$/i.test(one));
  const text = readFileSync(`node_modules/${name}/${file}`, "utf8").trim();
  return `## ${name} ${version}\n\n${license}\n\n${text.replace(/^/gm, "    ").replace(/ +$/gm, "")}\n`;
});
const made = BUNDLES.map((name) => `${name}.min.js`).join(", ");
writeFileSync("LICENSES.md", `# What ${made} are made of\n\n\`build.sh\` writes this file.\n\n${texts.join("\n")}`);
