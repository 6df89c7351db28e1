import type { Answer, Visitor } from './visitor.js'

/** Sends the form of a page that has a button of this text, as a browser does that runs no scripts. */
export async function submit(visitor: Visitor, page: string, button: string): Promise<Answer> {
  const { text } = await visitor.send(page)
  const form = [...text.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].find(([, , inside = '']) =>
    new RegExp(`<button[^>]*>\\s*${button}\\s*</button>`).test(inside),
  )
  if (form === undefined) throw new Error(`${page} has no form with a button "${button}": ${text.slice(0, 1000)}`)
  const [, start = '', inside = ''] = form
  const fields = [...inside.matchAll(/<input\b[^>]*>/g)].map(([input]) => [
    attribute(input, 'name'),
    attribute(input, 'value'),
  ])
  const multipart = attribute(start, 'encType') === 'multipart/form-data'
  const body = multipart ? new FormData() : new URLSearchParams()
  for (const [name, value] of fields) if (name !== undefined) body.append(name, value ?? '')
  return visitor.send(attribute(start, 'action') || page, { method: 'POST', body })
}

function attribute(tag: string, name: string): string | undefined {
  const value = tag.match(new RegExp(`\\b${name}="([^"]*)"`, 'i'))?.[1]
  return value?.replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&amp;', '&')
}
