/** A start for one platform. Its files lie in the folder of this name in `templates/`. */
export interface Template {
  readonly name: string
  /** What a person chooses by. */
  readonly title: string
  /** How what it needs is installed, before the names of packages. */
  readonly install: readonly string[]
  readonly packages: readonly string[]
  readonly devPackages: readonly string[]
  /** What starts it, once everything is installed. */
  readonly start: string
  /** What makes it count then, where that is not a visit. */
  readonly counts?: string
  /** The file that the secret is written to, which is never committed. */
  readonly secretFile: '.env' | '.env.local' | '.dev.vars'
}

export const templates: readonly Template[] = [
  {
    name: 'hono',
    title: 'Node with Hono',
    install: ['npm', 'install'],
    packages: ['@fetch-sessions/hono', 'hono', '@hono/node-server'],
    devPackages: ['tsx', 'typescript', '@types/node'],
    start: 'npm start',
    secretFile: '.env',
  },
  {
    name: 'itty-router',
    title: 'Node with itty-router',
    install: ['npm', 'install'],
    packages: ['@fetch-sessions/itty-router', 'itty-router', '@hono/node-server'],
    devPackages: ['tsx', 'typescript', '@types/node'],
    start: 'npm start',
    secretFile: '.env',
  },
  {
    name: 'express',
    title: 'Node with Express',
    install: ['npm', 'install'],
    packages: ['@fetch-sessions/node', 'express'],
    devPackages: ['tsx', 'typescript', '@types/node', '@types/express'],
    start: 'npm start',
    secretFile: '.env',
  },
  {
    name: 'next',
    title: 'Next',
    install: ['npm', 'install'],
    packages: ['@fetch-sessions/next', 'next', 'react', 'react-dom'],
    devPackages: ['typescript', '@types/node', '@types/react'],
    start: 'npm run dev',
    counts: 'Open http://localhost:3000 and press the button',
    secretFile: '.env.local',
  },
  {
    name: 'workers',
    title: 'Cloudflare Workers',
    install: ['npm', 'install'],
    packages: ['@fetch-sessions/fetch'],
    devPackages: ['wrangler', 'typescript', '@cloudflare/workers-types'],
    start: 'npm start',
    secretFile: '.dev.vars',
  },
  {
    name: 'deno',
    title: 'Deno',
    install: ['deno', 'add'],
    packages: ['npm:@fetch-sessions/fetch'],
    devPackages: [],
    start: 'deno task start',
    secretFile: '.env',
  },
  {
    name: 'bun',
    title: 'Bun',
    install: ['bun', 'add'],
    packages: ['@fetch-sessions/fetch'],
    devPackages: ['typescript', '@types/bun'],
    start: 'bun run start',
    secretFile: '.env',
  },
]

/** The commands that install what a template needs. */
export function installCommands({ install, packages, devPackages }: Template): string[][] {
  return [[...install, ...packages], ...(devPackages.length > 0 ? [[...install, '-D', ...devPackages]] : [])]
}

/** The template of this name. Throws an Error that lists those that there are. */
export function templateOf(name: string): Template {
  const found = templates.find((template) => template.name === name)
  if (found !== undefined) return found
  throw new Error(`There is no template "${name}": take ${templates.map((template) => template.name).join(', ')}`)
}
