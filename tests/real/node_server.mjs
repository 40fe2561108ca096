// Makes a server with each compiled module named on the command line and prints what its timers are, as a JSON list.
// A first argument `stall` measures, for the only module, when a request ends whose body never comes.
import http from "node:http";
import net from "node:net";
import { pathToFileURL } from "node:url";

const [what, ...paths] = process.argv.slice(2);
const timers = ({ timeout, requestTimeout, headersTimeout, keepAliveTimeout }) => ({
  timeout,
  requestTimeout,
  headersTimeout,
  keepAliveTimeout,
});

if (what === "stall") {
  const { limited } = await import(pathToFileURL(paths[0]).href);
  const server = limited(http.createServer({ connectionsCheckingInterval: 50 }, (request) => request.resume()));
  server.listen(0, "127.0.0.1", () => {
    const started = performance.now();
    const client = net.connect(server.address().port, "127.0.0.1");
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab");
    client.on("data", (data) => {
      console.log(JSON.stringify({ status: String(data).split(" ")[1], seconds: (performance.now() - started) / 1000 }));
      process.exit();
    });
  });
} else {
  const said = [];
  for (const path of paths) {
    const { limited, limits } = await import(pathToFileURL(path).href);
    // The constructor refuses what the server would not take.
    const { timeout, ...options } = limits;
    http.createServer(options);
    said.push({ set: timers(limited(http.createServer())), unset: timers(http.createServer()) });
  }
  console.log(JSON.stringify(said));
}
