// Validates objects with the schemas of Gateway API and Istio, and with the rules that their schemas state as
// expressions. Arguments: the folder of the packages and a file with a JSON list of objects. Prints what is wrong.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [packages, list] = process.argv.slice(2);
const model = async (name, path) => (await import(pathToFileURL(`${packages}/@kubernetes-models/${path}.js`).href))[name];
const models = {
  HTTPRoute: await model("HTTPRoute", "gateway-api/gateway.networking.k8s.io/v1/HTTPRoute"),
  VirtualService: await model("VirtualService", "istio/networking.istio.io/v1/VirtualService"),
  DestinationRule: await model("DestinationRule", "istio/networking.istio.io/v1/DestinationRule"),
};

const units = { h: 3600000, m: 60000, s: 1000, ms: 1 };
const millis = (text) =>
  [...text.matchAll(/([0-9.]+)(ms|h|m|s)/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0);

// A backend's share is within the whole request, unless the request has no limit.
function route({ timeouts = {} }) {
  const { request = "0s", backendRequest = "0s" } = timeouts;
  return millis(request) > 0 && millis(backendRequest) > millis(request) ? ["backendRequest is longer than request"] : [];
}

const atLeast = (name, text) => (text !== undefined && millis(text) < 1 ? [`${name}: less than 1ms`] : []);

function http({ timeout, retries = {} }) {
  const { attempts = 0, perTryTimeout, retryOn, backoff } = retries;
  const idle = attempts === 0 && (perTryTimeout ?? retryOn ?? backoff) !== undefined;
  return [
    ...atLeast("timeout", timeout),
    ...atLeast("perTryTimeout", perTryTimeout),
    ...(idle ? ["a retry policy without attempts"] : []),
  ];
}

const rules = {
  HTTPRoute: ({ rules }) => rules.flatMap(route),
  VirtualService: (spec) => spec.http.flatMap(http),
  DestinationRule: ({ trafficPolicy: { connectionPool } }) => [
    ...atLeast("connectTimeout", connectionPool.tcp?.connectTimeout),
    ...atLeast("idleTimeout", connectionPool.http?.idleTimeout),
  ],
};

const problems = JSON.parse(fs.readFileSync(list, "utf8")).flatMap((object, n) => {
  const said = rules[object.kind](object.spec);
  try {
    new models[object.kind](object).validate();
  } catch (error) {
    said.push(error.message);
  }
  return said.map((what) => `${n}, ${object.kind}: ${what}`);
});
console.log(problems.join("\n"));
