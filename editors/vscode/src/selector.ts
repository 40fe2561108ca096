// Which documents go to the server: chain files, settings, and files that can be deployed configuration. What such a
// file really is, the server decides by its content; here only files that cannot be any are kept away from it.

export interface Filter {
  readonly scheme: string;
  readonly language?: string;
  readonly pattern: string;
}

/** Chain files and settings. */
export const OWN = ["**/*.chain.{yaml,yml,toml,json}", "**/hoplint.toml"] as const;

/** Deployed configuration by the names that it usually has. */
export const DEPLOYED = [
  "**/*.{yaml,yml}",
  "**/*.{conf,cfg,vcl}",
  "**/*.{tf,tf.json}",
  "**/*{template,stack,plan,kong,traefik,envoy,cdk,cloudformation,sam}*.json",
  "**/*{traefik,dynamic}*.toml",
  // Platform files of a team.
  "**/*platform*/*.toml",
  "**/{Caddyfile,Caddyfile.*,*.caddyfile,Procfile,Procfile.*,.htaccess}",
  "**/{Dockerfile,Dockerfile.*,*.Dockerfile,*.dockerfile,Containerfile}",
  "**/gunicorn*.py",
  "**/{nginx,sites-available,sites-enabled,conf.d}/**",
] as const;

/** Never read, however they are called. */
const FOREIGN = ["node_modules", ".git", "target"] as const;

export function selector(deployed: boolean): Filter[] {
  const patterns: readonly string[] = deployed ? [...OWN, ...DEPLOYED] : OWN;
  return patterns.map((pattern) => ({ scheme: "file", pattern }));
}

/** A file that makes hoplint start: one that only hoplint reads. */
export function isOwn(path: string): boolean {
  const name = path.split(/[/\\]/).at(-1) ?? "";
  return name === "hoplint.toml" || /.\.chain\.(yaml|yml|toml|json)$/.test(name);
}

export function isChain(path: string): boolean {
  return isOwn(path) && !path.endsWith("hoplint.toml");
}

/** What `findFiles` must leave out. */
export const EXCLUDE = `**/{${FOREIGN.join(",")}}/**`;
