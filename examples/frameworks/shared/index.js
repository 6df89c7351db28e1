// JavaScript, so that each framework's build takes it as it is.

export function describe(session) {
  return `count: ${session.get('count') ?? 0}, user: ${session.get('user') ?? 'nobody'}`
}

export async function live(sessions, handle) {
  // Before the headers are gone, so that they can say that the page depends on the cookie.
  const session = await handle.read()
  const { id } = session
  const before = session.get('count')
  const encoder = new TextEncoder()
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode(`count: ${before}\n`))
      const deadline = Date.now() + 10_000
      while ((await sessions.peek(id))?.get('count') === before && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await handle.save((session) => session.set('user', `${session.get('user') ?? 'nobody'}, who saw it live`))
      controller.enqueue(encoder.encode(`${describe(await handle.read())}\n`))
      controller.close()
    },
  })
}
