// The arithmetic of the stages of the metric methods, on numbers that events carry; tests compare it with Python's.
function softmax(scores, temperature) {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp((score - highest) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
// what each class gets, where class k has every `way`-th entry
function classSums(attention, way) {
  const sums = new Array(way).fill(0);
  attention.forEach((share, i) => (sums[i % way] += share));
  return sums;
}
// what makes the probability of a pair: head has a weight for each number of an embedding, then the bias
function termsOf(first, second, head) {
  const differences = first.map((value, j) => Math.abs(value - second[j]));
  const adds = differences.map((difference, j) => difference * head[j]);
  const bias = head[head.length - 1];
  const score = adds.reduce((sum, part) => sum + part, bias);
  return { differences, adds, bias, score, p: 1 / (1 + Math.exp(-score)) };
}
