import type { Answer, Visitor } from './visitor.js'

/** A form of a page. */
export interface Form {
  readonly action: string | undefined
  readonly isMultipart: boolean
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** The form of a page that has a button of this text. */
export function formOf(page: string, button: string): Form {
  const form = [...page.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].find(([, , inside = '']) =>
    new RegExp(`<button[^>]*>\\s*${button}\\s*</button>`).test(inside),
  )
  if (form === undefined) throw new Error(`The page has no form with a button "${button}": ${page.slice(0, 1000)}`)
  const [, start = '', inside = ''] = form
  const fields = [...inside.matchAll(/<input\b[^>]*>/g)].flatMap(([input]) => {
    const name = attribute(input, 'name')
    return name === undefined ? [] : [[name, attribute(input, 'value') ?? ''] as const]
  })
  return {
    action: attribute(start, 'action'),
    isMultipart: attribute(start, 'encType') === 'multipart/form-data',
    fields,
  }
}

/** Sends the form of a page that has a button of this text, as a browser does that runs no scripts. */
export async function submit(visitor: Visitor, page: string, button: string): Promise<Answer> {
  const { action, isMultipart, fields } = formOf((await visitor.send(page)).text, button)
  const body = isMultipart ? new FormData() : new URLSearchParams()
  for (const [name, value] of fields) body.append(name, value)
  return visitor.send(action || page, { method: 'POST', body })
}

function attribute(tag: string, name: string): string | undefined {
  const value = tag.match(new RegExp(`\\b${name}="([^"]*)"`, 'i'))?.[1]
  return value?.replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&amp;', '&')
}
