import type { Action, Check, Site } from './checks.js'
import { submit } from './form.js'
import { nextChecks, reloadCheck } from './next-checks.js'
import type { Answer, Visitor } from './visitor.js'

/** How an application of `examples/frameworks` is built, started and asked. */
export interface Framework {
  /** Its folder in `examples/frameworks`. */
  readonly folder: string
  /** What people call it. */
  readonly label: string
  /** The packages whose versions are told. */
  readonly packages: readonly [string, ...string[]]
  /** The file that has the lines that the sessions need, between `#region sessions` and `#endregion`. */
  readonly file: string
  /** The program, of the application's own `node_modules/.bin`, and its arguments. `PORT` stands for the port. */
  readonly start: readonly [string, ...string[]]
  readonly build?: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** Its files are changed while it runs: it runs in a copy of them. */
  readonly isCopied?: boolean
  /** What this framework alone has, of an application that runs in this folder. */
  readonly extra?: (folder: string) => readonly Check[]
  /** Checks that it can't pass by what it is, and why. */
  readonly without?: Readonly<Record<string, string>>
  /** How its own pages ask for something. Left out: a form is sent to `/count`, `/sign-in`, and so on. */
  readonly act?: (visitor: Visitor, action: Action, site: Site) => Promise<Answer>
}

/** In the order of the documentation. */
export const frameworks: readonly Framework[] = [
  { folder: 'h3', label: 'h3', packages: ['h3'], file: 'server.ts', start: ['node', 'server.ts'] },
  { folder: 'elysia', label: 'Elysia', packages: ['elysia', 'bun'], file: 'server.ts', start: ['bun', 'server.ts'] },
  { folder: 'bun-serve', label: '`Bun.serve`', packages: ['bun'], file: 'server.ts', start: ['bun', 'server.ts'] },
  { folder: 'srvx', label: 'srvx', packages: ['srvx'], file: 'server.ts', start: ['node', 'server.ts'] },
  {
    folder: 'next',
    label: 'Next',
    packages: ['next', 'react'],
    file: 'sessions.ts',
    build: ['next', 'build'],
    start: ['next', 'start', '--port', 'PORT'],
    act: (visitor, action) => submit(visitor, '/', action),
    extra: () => nextChecks,
  },
  {
    folder: 'next',
    label: 'Next, `next dev`',
    packages: ['next', 'react'],
    file: 'sessions.ts',
    isCopied: true,
    start: ['next', 'dev', '--port', 'PORT'],
    env: { NODE_ENV: 'development' },
    act: (visitor, action) => submit(visitor, '/', action),
    extra: (folder) => [...nextChecks, reloadCheck(folder)],
  },
]

/** As a browser sends a form without fields. */
export function sendForm(visitor: Visitor, path: string, fields: Record<string, string> = {}): Promise<Answer> {
  return visitor.send(path, { method: 'POST', body: new URLSearchParams(fields) })
}
