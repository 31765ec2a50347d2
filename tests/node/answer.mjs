// Runs an exported program on rows that are given as JSON, with nothing of mlwright and no Python:
// node answer.mjs GRAPH SIGNATURE ROWS, where ROWS holds for each input the cells, null for NaN.
import fs from "node:fs";
import * as ort from "onnxruntime-web";

const [graph, signature, rows] = process.argv.slice(2);
const { inputs, outputs } = JSON.parse(fs.readFileSync(signature, "utf8"));
const cells = JSON.parse(fs.readFileSync(rows, "utf8"));
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(fs.readFileSync(graph), {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "basic",
});
const feeds = {};
for (const { name, type } of inputs) {
  const shape = [cells[name].length, 1];
  feeds[name] =
    type === "tensor(double)"
      ? new ort.Tensor("float64", Float64Array.from(cells[name], (cell) => cell ?? NaN), shape)
      : new ort.Tensor("string", cells[name], shape);
}
const found = await session.run(feeds);
const answers = outputs.map(({ name }) => [name, Array.from(found[name].data, Number)]);
console.log(JSON.stringify(Object.fromEntries(answers)));
