import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Code, Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url))

/** Whose globals a sample uses. */
export type Platform = 'node' | 'workers' | 'deno' | 'bun'

/**
 * A fenced block of TypeScript. The words behind `ts` say more of it:
 *
 * - `run`: it is run, and prints what the next block of `text` holds;
 * - `serve`: it is run as a server, and a client that keeps its cookies counts its visits;
 * - `continue`: the blocks before it, from the last one that does not continue, belong in front of it;
 * - `workers`, `deno`, `bun`: the platform whose globals it uses.
 */
export interface Sample {
  /** The document, from the root of the repository. */
  readonly document: string
  /** The line of the document in which its code begins. */
  readonly line: number
  /** Its code, with what it continues, each at its line in the document. */
  readonly code: string
  readonly platform: Platform
  readonly mode: 'run' | 'serve' | undefined
  /** What it prints. */
  readonly output: string | undefined
}

const WORDS = ['run', 'serve', 'continue', 'workers', 'deno', 'bun']

/** The samples of a document of the repository. */
export function samplesOf(document: string): Sample[] {
  return samplesIn(document, readFileSync(`${ROOT}${document}`, 'utf8'))
}

/** The samples in a text of Markdown. */
export function samplesIn(document: string, markdown: string): Sample[] {
  const blocks = codeIn(fromMarkdown(markdown))
  let before = ''
  return blocks.flatMap((block, index) => {
    if (block.lang !== 'ts') return []
    const line = (block.position?.start.line ?? 0) + 1
    const words = (block.meta ?? '').split(' ').filter((word) => word !== '')
    const unknown = words.find((word) => !WORDS.includes(word))
    if (unknown !== undefined) throw new Error(`${document}:${line - 1}: unknown word "${unknown}" behind ts`)
    const start = words.includes('continue') ? before : ''
    const code = `${start}${'\n'.repeat(line - 1 - linesOf(start))}${block.value}\n`
    before = code
    const next = blocks[index + 1]
    const mode = words.find((word) => word === 'run' || word === 'serve')
    const output = mode === 'run' && next?.lang === 'text' ? next.value : undefined
    return [{ document, line, code, platform: platformOf(words), mode, output }]
  })
}

function platformOf(words: readonly string[]): Platform {
  return words.find((word) => word === 'workers' || word === 'deno' || word === 'bun') ?? 'node'
}

function linesOf(text: string): number {
  return text.split('\n').length - 1
}

function codeIn(node: Nodes): Code[] {
  if (node.type === 'code') return [node]
  return 'children' in node ? node.children.flatMap(codeIn) : []
}
