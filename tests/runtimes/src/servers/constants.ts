/** Made once, with the first request: workerd makes few responses before it. */
function once(make: () => Response): () => Response {
  let made: Response | undefined
  return () => {
    made ??= make()
    return made
  }
}

const empty = once(() => new Response(null, { status: 303, headers: { location: '/' } }))
const text = once(() => new Response('done'))

/** Responses that serve everybody, and what people make of them. */
export const constants: Record<string, () => Response> = {
  empty,
  'empty-clone': () => empty().clone(),
  'empty-wrapped': () => new Response(empty().body, empty()),
  'text-clone': () => text().clone(),
  redirect: once(() => Response.redirect('https://example.com/', 303)),
}
