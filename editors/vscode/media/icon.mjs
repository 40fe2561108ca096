// Draws icon.png from icon.svg with Chromium, which has to be on the PATH.
import { execFileSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
execFileSync("chromium", [
  "--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=1", "--window-size=256,256",
  "--default-background-color=00000000", `--screenshot=${here("icon.png")}`, pathToFileURL(here("icon.svg")).href,
], { stdio: "ignore" });
