// The page of the webview that shows a chain. It runs no script and loads nothing: the policy forbids both, whatever
// stands in the picture.

export interface Picture {
  readonly title: string;
  /** An SVG document, where hoplint drew one. */
  readonly svg?: string;
  /** The same for a terminal. */
  readonly text: string;
}

export function page(pictures: readonly Picture[], nonce: string): string {
  const policy = `default-src 'none'; img-src data:; style-src 'nonce-${nonce}'`;
  const title = escaped(pictures.map((picture) => picture.title).join(", ") || "Chain");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style nonce="${nonce}">
body { padding: 1rem 1.5rem; color: var(--vscode-editor-foreground); }
h1 { font-size: 1.2rem; font-weight: 600; }
section { overflow-x: auto; }
img { width: max(100%, 46rem); max-width: none; max-height: none; border-radius: 4px; color-scheme: light; }
.vscode-dark img, .vscode-high-contrast:not(.vscode-high-contrast-light) img { color-scheme: dark; }
pre { font-family: var(--vscode-editor-font-family, monospace); font-size: var(--vscode-editor-font-size); line-height: 1.35; overflow-x: auto; }
</style>
</head>
<body>
${pictures.map(section).join("\n")}
</body>
</html>
`;
}

function section(picture: Picture): string {
  if (picture.svg === undefined) {
    return `<section><h1>${escaped(picture.title)}</h1><pre>${escaped(picture.text)}</pre></section>`;
  }
  // As the source of an image, so that even an SVG with a script in it only draws. It says its own title.
  const source = `data:image/svg+xml;base64,${Buffer.from(picture.svg, "utf8").toString("base64")}`;
  return `<section><img alt="${escaped(picture.text || picture.title)}" src="${source}"></section>`;
}

export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

export function nonce(random: (size: number) => Uint8Array): string {
  return Buffer.from(random(16)).toString("base64url");
}
