// What the status bar and messages say; text in, text out.

export type State =
  | { readonly kind: "idle" }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly version: string; readonly counts: Counts }
  | { readonly kind: "stopped"; readonly why: string };

export interface Counts {
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
}

export const NONE: Counts = { errors: 0, warnings: 0, notes: 0 };

export interface Shown {
  readonly text: string;
  readonly tooltip: string;
  readonly alarm: "none" | "warning" | "error";
}

export function shown(state: State): Shown {
  switch (state.kind) {
    case "idle":
      return { text: "$(clock) hoplint", tooltip: "hoplint waits for a chain file or hoplint.toml", alarm: "none" };
    case "starting":
      return { text: "$(sync~spin) hoplint", tooltip: "hoplint is starting", alarm: "none" };
    case "stopped":
      return { text: "$(clock) hoplint: stopped", tooltip: state.why, alarm: "error" };
    case "running": {
      const { errors, warnings } = state.counts;
      const parts = [errors > 0 ? `$(error) ${errors}` : "", warnings > 0 ? `$(warning) ${warnings}` : ""];
      const text = ["$(clock) hoplint", ...parts.filter((part) => part !== "")].join(" ");
      return { text, tooltip: `hoplint ${state.version}: ${counted(state.counts)}`, alarm: errors > 0 ? "warning" : "none" };
    }
  }
}

export function counted(counts: Counts): string {
  const some = (count: number, what: string): string => (count === 0 ? "" : `${count} ${what}${count === 1 ? "" : "s"}`);
  const parts = [some(counts.errors, "error"), some(counts.warnings, "warning"), some(counts.notes, "note")];
  return parts.filter((part) => part !== "").join(", ") || "no findings";
}

/** What stands at a column of a line and can be explained: a rule, a platform, or a timer of one. */
export function termAt(line: string, column: number): string {
  const words = /[A-Za-z0-9_][A-Za-z0-9_.-]*/g;
  for (const match of line.matchAll(words)) {
    if (match.index <= column && column <= match.index + match[0].length) {
      return match[0].replace(/[.-]+$/, "");
    }
  }
  return "";
}

/** A page as the text of a hover: its headings are as large as the rest. Blocks of code stay as they are. */
export function inBox(markdown: string): string {
  return markdown
    .split(/^(```[\s\S]*?^```)/m)
    .map((part, i) => (i % 2 === 0 ? part.replace(/^#{1,3} /gm, "#### ") : part))
    .join("");
}
