const dist = process.env.DIST ?? '/work/main/packages'
const { MemoryStore, SessionManager } = await import(dist + '/core/dist/index.js')
const { newData, SECRET } = await import('./contestants/visit.js')
const store = new MemoryStore()
const sessions = new SessionManager({ store, secret: SECRET })
const N = 500
const cookies = [], ids = []
for (let i = 0; i < 1000; i++) { const s = await sessions.issue({ ...newData(), count: 1 }); cookies.push(s.cookie); ids.push(s.id) }
const req = (cookie) => new Request('http://localhost/read', cookie ? { headers: { cookie } } : undefined)
const R = new Response('x', { headers: { Vary: 'Cookie' } })
const any = () => req(cookies[(Math.random() * 1000) | 0])
const one = () => req(cookies[7])
const ra = { 
  empty: [async () => R, any],
  untouched: [(r) => sessions.handle(r, async () => R), any],
  header: [async (r) => { r.headers.get('cookie'); return R }, any],
  readonly: [(r) => sessions.open(r).read(), any],
  readonly1: [(r) => sessions.open(r).read(), one],
  guestonly: [(r) => sessions.open(r).read(), () => req()],
  store: [async () => store.load(ids[(Math.random() * 1000) | 0]), any],
  read: [(r) => sessions.handle(r, async (h) => { (await h.read()).get('count'); return R }), any],
  read1: [(r) => sessions.handle(r, async (h) => { (await h.read()).get('count'); return R }), one],
  write: [(r) => sessions.handle(r, async (h) => { (await h.write()).update('count', (n=0)=>n+1); return R }), any],
  write1: [(r) => sessions.handle(r, async (h) => { (await h.write()).update('count', (n=0)=>n+1); return R }), one],
}
const only = process.argv[2]?.split(',')
const t = {}
for (let k = 0; k < 200; k++) for (const [name, [f, mk]] of Object.entries(ra)) {
  if (only && !only.includes(name)) continue
  const rs = Array.from({ length: N }, mk)
  const s = process.hrtime.bigint()
  for (const r of rs) await f(r)
  ;(t[name] ??= []).push(Number(process.hrtime.bigint() - s) / 1000 / N)
}
const q = (a, p) => a.slice(30).sort((x, y) => x - y)[Math.floor((a.length-30) * p)]
for (const n of Object.keys(t)) console.log(n.padEnd(12), q(t[n], .1).toFixed(2), q(t[n], .5).toFixed(2))
