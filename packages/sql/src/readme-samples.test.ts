import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../', import.meta.url))
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** What samples leave to the reader. */
const GIVEN = `
import type { D1Database, ExecutionContext, ScheduledController } from '@cloudflare/workers-types'
declare global {
  interface Env { DB: D1Database; SESSION_SECRET: string }
  interface ExportedHandler<E> {
    fetch?: (request: Request, env: E, context: ExecutionContext) => Response | Promise<Response>
    scheduled?: (controller: ScheduledController, env: E) => Promise<void>
  }
  const handler: (request: Request, handle: import('@fetch-sessions/core').SessionHandle<object>) => Response
  const sessions: import('@fetch-sessions/core').SessionManager
}
`

/** Each sample of the README as a module beside this file, which is never written. */
const samples = new Map(
  [...readme.matchAll(/```ts\n(.*?)```/gs)]
    .map(([, code = '']) => code)
    // The types of Node 20 have no node:sqlite.
    .filter((code) => !code.includes("from 'node:sqlite'"))
    .map((code, i) => [`${folder}src/sample-${i}.ts`, `${code}\nexport {}\n`]),
)

it('the samples in the README compile, with the strictest options, too', () => {
  const config = ts.readConfigFile(`${folder}tsconfig.json`, ts.sys.readFile).config as object
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const strict: ts.CompilerOptions = {
    ...options,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    isolatedDeclarations: false,
    declaration: false,
    noUnusedLocals: false,
    paths: {
      ...options.paths,
      '@fetch-sessions/fetch': ['../fetch/src/index.ts'],
      '@fetch-sessions/sql': ['./src/index.ts'],
    },
    pathsBasePath: folder,
  }
  const given = `${folder}src/sample-given.ts`
  const files = new Map([...samples, [given, GIVEN]])
  const host = ts.createCompilerHost(strict)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name)
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022)
  }
  const program = ts.createProgram([...files.keys()], strict, host)
  const problems = [...files.keys()].flatMap((name) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(name))
      .map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  )
  expect(samples.size).toBeGreaterThan(7)
  expect(problems).toEqual([])
}, 120_000)
