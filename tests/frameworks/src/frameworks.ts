import { astroChecks } from './astro-checks.js'
import type { Action, Check, Site } from './checks.js'
import { submit } from './form.js'
import { freshChecks, linkSources, whyJsrIsMissing } from './fresh.js'
import { h3Checks } from './h3-checks.js'
import { forceStaticCheck, nextChecks, reloadCheck } from './next-checks.js'
import { socketChecks } from './socket-checks.js'
import { socketIoChecks } from './socket-io-checks.js'
import { solidStartChecks } from './solid-start-checks.js'
import { svelteKitChecks } from './sveltekit-checks.js'
import { tanStackStartChecks } from './tanstack-start-checks.js'
import { trpcChecks } from './trpc-checks.js'
import type { Answer, Visitor } from './visitor.js'

/** How an application of `examples/frameworks` is built, started and asked. */
export interface Framework {
  /** Its folder in `examples/frameworks`. */
  readonly folder: string
  /** What people call it. */
  readonly label: string
  /** The packages whose versions are told. What begins with `jsr:` is named by the application's `deno.json`. */
  readonly packages: readonly [string, ...string[]]
  /** The files that have the lines that the sessions need, between `#region sessions` and `#endregion`. */
  readonly files: readonly [string, ...string[]]
  /** The program, of the application's own `node_modules/.bin`, and its arguments. `PORT` stands for the port. */
  readonly start: readonly [string, ...string[]]
  readonly build?: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** Its files are changed while it runs: it runs in a copy of them. */
  readonly isCopied?: boolean
  /** What is done to the copy before it is built. */
  readonly prepare?: (folder: string) => void
  /** What it needs of elsewhere, and why that can't be had. `undefined`: it is there. Else the framework is skipped. */
  readonly needs?: { readonly name: string; whyMissing(): Promise<string | undefined> }
  /** What this framework alone has, of an application that runs in this folder. */
  readonly extra?: (folder: string) => readonly Check[]
  /** Checks that it can't pass by what it is, and why. */
  readonly without?: Readonly<Record<string, string>>
  /** Where its pages are, if not at `/`, `/public` and `/live`. */
  readonly paths?: Partial<Site['paths']>
  /** How its own pages ask for something. Left out: a form is sent to `/count`, `/sign-in`, and so on. */
  readonly act?: Site['act']
  /** The same where a program calls, which is not sent elsewhere. */
  readonly calls?: Site['act']
}

/** In the order of the documentation. */
export const frameworks: readonly Framework[] = [
  {
    folder: 'h3',
    label: 'h3',
    packages: ['h3'],
    files: ['server.ts'],
    start: ['node', 'server.ts'],
    extra: () => h3Checks,
  },
  {
    folder: 'nitro',
    label: 'Nitro',
    packages: ['nitro'],
    files: ['middleware/sessions.ts'],
    build: ['nitro', 'build'],
    start: ['node', '.output/server/index.mjs'],
    extra: () => h3Checks,
  },
  { folder: 'elysia', label: 'Elysia', packages: ['elysia', 'bun'], files: ['server.ts'], start: ['bun', 'server.ts'] },
  { folder: 'bun-serve', label: '`Bun.serve`', packages: ['bun'], files: ['server.ts'], start: ['bun', 'server.ts'] },
  { folder: 'srvx', label: 'srvx', packages: ['srvx'], files: ['server.ts'], start: ['node', 'server.ts'] },
  {
    folder: 'deno',
    label: '`Deno.serve`',
    packages: ['deno'],
    files: ['server.ts'],
    start: ['deno', 'run', '--no-prompt', '--allow-net', '--allow-env', 'server.ts'],
  },
  {
    folder: 'fresh',
    label: 'Fresh',
    packages: ['jsr:@fresh/core', 'deno'],
    files: ['server.ts'],
    isCopied: true,
    prepare: linkSources,
    needs: { name: 'JSR', whyMissing: whyJsrIsMissing },
    build: ['deno', 'check', 'server.ts'],
    start: ['deno', 'run', '--no-prompt', '--allow-net', '--allow-env', 'server.ts'],
    extra: () => freshChecks,
  },
  {
    folder: 'next',
    label: 'Next',
    packages: ['next', 'react'],
    files: ['sessions.ts'],
    build: ['next', 'build'],
    start: ['next', 'start', '--port', 'PORT'],
    act: (visitor, action) => submit(visitor, '/', action),
    extra: () => nextChecks,
  },
  {
    folder: 'next',
    label: 'Next, `next dev`',
    packages: ['next', 'react'],
    files: ['sessions.ts'],
    isCopied: true,
    start: ['next', 'dev', '--port', 'PORT'],
    env: { NODE_ENV: 'development' },
    act: (visitor, action) => submit(visitor, '/', action),
    extra: (folder) => [...nextChecks, forceStaticCheck(folder), reloadCheck(folder)],
  },
  {
    folder: 'react-router',
    label: 'React Router',
    packages: ['react-router'],
    files: ['app/root.tsx'],
    build: ['react-router', 'build'],
    start: ['react-router-serve', 'build/server/index.js'],
    act: (visitor, action) => submit(visitor, '/', action),
  },
  {
    folder: 'sveltekit',
    label: 'SvelteKit',
    packages: ['@sveltejs/kit', 'svelte'],
    files: ['src/hooks.server.ts'],
    build: ['vite', 'build'],
    start: ['node', 'build'],
    env: { PROTOCOL_HEADER: 'x-forwarded-proto' },
    act: (visitor, action) => submit(visitor, '/', action),
    extra: () => svelteKitChecks,
  },
  {
    folder: 'tanstack-start',
    label: 'TanStack Start',
    packages: ['@tanstack/react-start'],
    files: ['src/start.ts', 'src/server.ts'],
    build: ['vite', 'build'],
    start: ['node', 'server.ts'],
    act: async (visitor, action) => {
      const answer = await submit(visitor, '/', action)
      // Start sends what a function threw with a 200.
      return answer.text.includes('$TSR/Error') ? { ...answer, status: 500 } : answer
    },
    extra: () => tanStackStartChecks,
  },
  {
    folder: 'astro',
    label: 'Astro',
    packages: ['astro', '@astrojs/node'],
    files: ['src/middleware.ts'],
    build: ['astro', 'build'],
    start: ['node', 'dist/server/entry.mjs'],
    act: (visitor, action) => submit(visitor, '/', action),
    extra: () => astroChecks,
  },
  {
    folder: 'solid-start',
    label: 'SolidStart',
    packages: ['@solidjs/start', 'nitro'],
    files: ['src/middleware.ts', 'src/failures.ts'],
    build: ['vite', 'build'],
    start: ['node', '.output/server/index.mjs'],
    act: async (visitor, action) => {
      const answer = await submit(visitor, '/', action)
      // To a form without scripts, Start sends what a function threw in a cookie, with a redirect.
      return answer.headers.get('set-cookie')?.includes('flash=') ? { ...answer, status: 500 } : answer
    },
    extra: () => solidStartChecks,
  },
  {
    folder: 'remix',
    label: 'Remix 3',
    packages: ['@remix-run/fetch-router'],
    files: ['server.ts'],
    start: ['node', 'server.ts'],
  },
  ...(['2', '1'] as const).map(
    (payload): Framework => ({
      folder: 'lambda',
      label: `AWS Lambda, payload ${payload}.0`,
      packages: ['hono'],
      files: ['handler.ts'],
      start: ['node', 'gateway.ts'],
      env: { PAYLOAD: payload },
      without: { 'streams, and saves while it does': 'this kind of function returns a whole body' },
    }),
  ),
  {
    folder: 'workers',
    label: 'Cloudflare Workers',
    packages: ['miniflare'],
    files: ['front.ts', 'pages.ts'],
    start: ['node', 'server.ts'],
  },
  {
    folder: 'ws',
    label: 'WebSockets with ws',
    packages: ['ws', '@hono/node-server'],
    files: ['server.ts'],
    start: ['node', 'server.ts'],
    extra: () => socketChecks,
  },
  {
    folder: 'socket-io',
    label: 'Socket.IO',
    packages: ['socket.io', '@hono/node-server'],
    files: ['server.ts'],
    start: ['node', 'server.ts'],
    extra: () => socketIoChecks,
  },
  {
    folder: 'trpc',
    label: 'tRPC',
    packages: ['@trpc/server'],
    files: ['server.ts'],
    start: ['node', 'server.ts'],
    paths: { home: '/home' },
    calls: (visitor, action) => sendJson(visitor, `/${action}`, {}),
    extra: () => trpcChecks,
  },
  {
    folder: 'yoga',
    label: 'GraphQL Yoga',
    packages: ['graphql-yoga', 'graphql'],
    files: ['server.ts'],
    start: ['node', 'server.ts'],
    paths: { home: '/?query={home}', public: '/?query={public}', live: '/?query=subscription{live}' },
    calls: (visitor, action) => mutate(visitor, action.replace('-i', 'I').replace('-o', 'O')),
  },
]

/** As a browser sends a form without fields. */
export function sendForm(visitor: Visitor, action: Action): Promise<Answer> {
  return visitor.send(`/${action}`, { method: 'POST', body: new URLSearchParams() })
}

function sendJson(visitor: Visitor, path: string, content: object): Promise<Answer> {
  return visitor.send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(content),
  })
}

/** GraphQL answers errors with 200, too. */
async function mutate(visitor: Visitor, name: string): Promise<Answer> {
  const answer = await sendJson(visitor, '/', { query: `mutation { ${name} }` })
  return answer.text.includes('"errors"') ? { ...answer, status: 500 } : answer
}
