// Prints the HCL files named on the command line as one JSON list, read by HashiCorp's own parser.
// First argument: the folder of the package.
const fs = require("fs");
const { parse } = require(process.argv[2]);

Promise.all(process.argv.slice(3).map((path) => parse(path, fs.readFileSync(path, "utf8"))))
  .then((parsed) => console.log(JSON.stringify(parsed)))
  .catch((error) => {
    console.error(String(error));
    process.exit(1);
  });
