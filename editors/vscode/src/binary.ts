// Which hoplint program to run. Nothing here touches the disk: what exists is asked of the caller.

export type Origin = "setting" | "PATH" | "bundled" | "workspace";

export interface Candidate {
  readonly path: string;
  readonly origin: Origin;
}

export interface Places {
  /** `hoplint.path`; empty when it is not set. */
  readonly setting: string;
  /** The variable PATH, as it stands. */
  readonly path: string;
  /** The folder of the extension. */
  readonly extension: string;
  /** The folders of the workspace, the first one first; none while the workspace is not trusted. */
  readonly folders: readonly string[];
  readonly home: string;
  readonly windows: boolean;
}

/** The program that the setting names is the only one asked for; else the first of these that exists. */
export function candidates(places: Places): Candidate[] {
  const name = places.windows ? "hoplint.exe" : "hoplint";
  const slash = places.windows ? "\\" : "/";
  const join = (...parts: string[]): string => parts.join(slash);
  if (places.setting !== "") {
    return named(places.setting, places).map((path) => ({ path, origin: "setting" }));
  }
  const inPath = places.path
    .split(places.windows ? ";" : ":")
    .filter((folder) => folder !== "")
    .map((folder): Candidate => ({ path: join(folder, name), origin: "PATH" }));
  const built = places.folders.flatMap((folder) =>
    ["release", "debug"].map((profile): Candidate => ({ path: join(folder, "target", profile, name), origin: "workspace" })),
  );
  return [...inPath, { path: join(places.extension, "bin", name), origin: "bundled" }, ...built];
}

/** `~`, `${workspaceFolder}` and relative paths, as people write them in settings. */
function named(setting: string, places: Places): string[] {
  const slash = places.windows ? "\\" : "/";
  const path = setting.replace(/^~(?=[/\\]|$)/, () => places.home);
  if (path.includes("${workspaceFolder}")) {
    return places.folders.map((folder) => path.split("${workspaceFolder}").join(folder));
  }
  const absolute = path.startsWith("/") || (places.windows && /^([A-Za-z]:)?[/\\]/.test(path));
  if (absolute) {
    return [path];
  }
  if (!/[/\\]/.test(path)) {
    const folders = places.path.split(places.windows ? ";" : ":").filter((folder) => folder !== "");
    return folders.map((folder) => folder + slash + path);
  }
  return places.folders.map((folder) => folder + slash + path.replace(/^\.[/\\]/, ""));
}

export async function find(
  among: readonly Candidate[],
  runs: (path: string) => Promise<boolean>,
): Promise<Candidate | undefined> {
  for (const candidate of among) {
    if (await runs(candidate.path)) {
      return candidate;
    }
  }
  return undefined;
}

/** What to say when there is no program. */
export function missing(setting: string): string {
  return setting === ""
    ? "hoplint is not installed: nothing called `hoplint` is on the PATH. Install it with `cargo install --path .` in its repository, or name it in the setting `hoplint.path`."
    : `The setting \`hoplint.path\` names \`${setting}\`, and there is no program at that place.`;
}

/** The version in the output of `hoplint --version`. */
export function version(output: string): string | undefined {
  return /^hoplint (\d+\.\d+\.\d+\S*)/m.exec(output)?.[1];
}
