// Each hop must give up before the next one inside it. Without a catalogue: only what the file itself states.

const UNITS = { h: 3600000, m: 60000, s: 1000, ms: 1 };

function millis(text) {
  let total = 0;
  for (const [, number, unit] of String(text).matchAll(/(\d+)(ms|h|m|s)/g)) total += Number(number) * UNITS[unit];
  return total;
}

// The timers of the chain files of the benchmark that end the wait for an answer.
const WAITS = ["read", "proxy-read", "first-byte", "server", "route-total"];

function limit(hop) {
  const stated = [hop.timeout, ...WAITS.map((timer) => hop.timeouts?.[timer])].filter((value) => value !== undefined);
  return stated.length === 0 ? undefined : Math.min(...stated.map(millis));
}

export default function order(hops, _options, context) {
  const problems = [];
  let outer;
  hops.forEach((hop, i) => {
    const at = limit(hop);
    if (at === undefined) return;
    if (outer !== undefined && outer.at >= at) {
      problems.push({
        message: `${outer.name} waits ${outer.at} ms, but ${hop.name} inside it gives up after ${at} ms`,
        path: [...context.path, i],
      });
    }
    outer = { name: hop.name, at };
  });
  return problems;
}
