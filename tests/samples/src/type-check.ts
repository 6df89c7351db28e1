import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { type Platform, ROOT, type Sample } from './samples.js'

const FOLDER: string = fileURLToPath(new URL('../.samples/', import.meta.url))
const CONFIG: string = fileURLToPath(new URL('../tsconfig.json', import.meta.url))

/** The types of each platform's globals. */
const TYPES: Record<Platform, string[]> = {
  node: ['node'],
  workers: ['@cloudflare/workers-types'],
  deno: ['deno'],
  bun: ['bun'],
}

/** The file of a sample. */
export function fileOf({ document, line }: Sample): string {
  return `${FOLDER}${document.replace(/\W/g, '-')}.${line}.ts`
}

/** Writes the samples to their files. Each line has the number that it has in the document. */
export function writeSamples(samples: readonly Sample[]): void {
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER)
  for (const sample of samples) writeFileSync(fileOf(sample), sample.code)
}

/** What the compiler has to say of the samples of one platform, by their files. */
export function problemsOf(samples: readonly Sample[], platform: Platform): Map<string, string[]> {
  const byFile = new Map(samples.filter((sample) => sample.platform === platform).map((one) => [fileOf(one), one]))
  const program = ts.createProgram([...byFile.keys()], optionsFor(platform))
  const problems = new Map<string, string[]>()
  for (const [file, { document }] of byFile) {
    const source = program.getSourceFile(file)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    problems.set(
      file,
      found.map((problem) => sentence(document, problem)),
    )
  }
  return problems
}

/** The house's strictness. What asks for types that nobody writes in a sample is left out. */
function optionsFor(platform: Platform): ts.CompilerOptions {
  const base = ts.readConfigFile(`${ROOT}tsconfig.base.json`, ts.sys.readFile).config as { compilerOptions: object }
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      ...base.compilerOptions,
      ...(platform === 'workers' && { lib: ['ES2022'] }),
      types: TYPES[platform],
      moduleDetection: 'force',
      declaration: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: {
        '@fetch-sessions/core/testing': [`${ROOT}packages/core/src/test-kit.ts`],
        '@fetch-sessions/core/node': [`${ROOT}packages/core/src/node.ts`],
        '@fetch-sessions/cloudflare/durable-object': [`${ROOT}packages/cloudflare/src/durable-object.ts`],
        '@fetch-sessions/migrate/*': [`${ROOT}packages/migrate/src/*.ts`],
        '@fetch-sessions/login/hono': [`${ROOT}packages/login/src/hono.ts`],
        '@fetch-sessions/login/itty-router': [`${ROOT}packages/login/src/itty-router.ts`],
        '@fetch-sessions/*': [`${ROOT}packages/*/src/index.ts`],
      },
    },
    FOLDER,
    CONFIG,
  )
  if (errors.length > 0) throw new Error(errors.map(({ messageText }) => messageText).join('\n'))
  return options
}

function sentence(document: string, { file, start, messageText }: ts.Diagnostic): string {
  const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
  return `${document}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
}
