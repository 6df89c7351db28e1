const empty = new Response(null, { status: 303, headers: { location: '/' } })
const text = new Response('done')
const moved = Response.redirect('https://example.com/', 303)

/** Responses that serve everybody, and what people make of them. */
export const constants: Record<string, () => Response> = {
  empty: () => empty,
  'empty-clone': () => empty.clone(),
  'empty-wrapped': () => new Response(empty.body, empty),
  'text-clone': () => text.clone(),
  redirect: () => moved,
}
