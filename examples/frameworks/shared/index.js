// JavaScript, so that each framework's build takes it as it is.

export function describe(session) {
  return `count: ${session.get('count') ?? 0}, user: ${session.get('user') ?? 'nobody'}`
}

export function addPages(app) {
  app.get('/', async (c) => c.text(describe(await c.var.session.read())))
  app.post('/count', async (c) => {
    const session = await c.var.session.write()
    session.update('count', (n = 0) => n + 1)
    return c.text(describe(session))
  })
  app.post('/sign-in', async (c) => {
    ;(await c.var.session.write()).set('user', 'ada').regenerate()
    return c.redirect('/', 303)
  })
  app.post('/sign-out', async (c) => {
    ;(await c.var.session.write()).destroy()
    return c.redirect('/', 303)
  })
  app.post('/fail', async (c) => {
    ;(await c.var.session.write()).set('count', 1000)
    throw new Error('on purpose')
  })
  app.get('/public', (c) => c.text('the same for all'))
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
