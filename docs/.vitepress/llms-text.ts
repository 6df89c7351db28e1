import { existsSync, readFileSync } from 'node:fs'
import { REWRITES, ROOT } from './pages.js'
import { groups } from './sidebar.js'

/** What llmstxt.org asks for: the name, a sentence, and each page with its first sentence. */
export function llmsText(): string {
  const sections = groups.map(({ text, pages }) => {
    const lines = pages.map(([page, title]) => `- [${title}](/${page}): ${firstSentence(documentOf(page))}`)
    return `## ${text}\n\n${lines.join('\n')}`
  })
  return [
    '# fetch-sessions',
    '> Cookie sessions for everything that speaks the Web Fetch API, in TypeScript: Hono, itty-router, and raw handlers on Cloudflare Workers, Deno, Bun and Node; and Express and Fastify.',
    ...sections,
  ]
    .join('\n\n')
    .concat('\n')
}

/** The path of a page's document, from the root of the repository. */
export function documentOf(page: string): string {
  const own = Object.entries(REWRITES).find(([, rewritten]) => rewritten === `${page}.md`)?.[0]
  const candidates = [own, `docs/${page}.md`, `${page}/README.md`]
  const found = candidates.find((candidate) => candidate !== undefined && existsSync(`${ROOT}${candidate}`))
  if (found === undefined) throw new Error(`The page "${page}" has no document`)
  return found
}

function firstSentence(document: string): string {
  const paragraph = readFileSync(`${ROOT}${document}`, 'utf8')
    .split('\n\n')
    .find((text) => /^(?!```)[A-Z`*[]/.test(text))
  return (paragraph ?? '')
    .replace(/\s+/g, ' ')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(?<=[.:]) .*$/, '')
    .replace(/:$/, '.')
}
