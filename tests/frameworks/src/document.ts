import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url))
const DOCUMENT: string = `${ROOT}docs/frameworks.md`

/** The documents that show pieces of applications. */
export const DOCUMENTS = ['docs/frameworks.md', 'docs/next.md'] as const

/** A piece of an application, as the documentation shows it. */
export interface Excerpt {
  /** The file that the excerpt is of, from the root of the repository. */
  readonly file: string
  /** Its lines without their indentation. */
  readonly lines: readonly string[]
}

export function readDocument(): string {
  return readFileSync(DOCUMENT, 'utf8')
}

export function writeDocument(text: string): void {
  writeFileSync(DOCUMENT, text)
}

/** What a document shows of applications: each block of `typescript` or `tsx`, of the file that the line above it links to. */
export function excerpts(document: string): Excerpt[] {
  const blocks = readFileSync(`${ROOT}${document}`, 'utf8').matchAll(
    /(?:\]\(\.\.\/(examples\/frameworks\/[^)]+)\)[^\n]*\n\n)?```(?:typescript|tsx)\n([\s\S]*?)```/g,
  )
  return [...blocks].map(([block, file, code = '']) => {
    if (file === undefined) throw new Error(`This block does not stand behind a link to its file:\n${block}`)
    return { file, lines: linesIn(code) }
  })
}

/** The lines of an excerpt that are not in its file, in this order. */
export function missing({ file, lines }: Excerpt): string[] {
  const source = linesIn(readFileSync(`${ROOT}${file}`, 'utf8'))
  let at = 0
  return lines.filter((line) => {
    const found = source.indexOf(line, at)
    if (found >= 0) at = found + 1
    return found < 0
  })
}

function linesIn(code: string): string[] {
  return code
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
