import { Session } from 'node:inspector/promises'
const { MemoryStore, SessionManager } = await import('/work/main/packages/core/dist/index.js')
const { newData, SECRET } = await import('./contestants/visit.js')
const sessions = new SessionManager({ store: new MemoryStore(), secret: SECRET })
const cookies = []
for (let i = 0; i < 1000; i++) cookies.push((await sessions.issue({ ...newData(), count: 1 })).cookie)
const R = new Response('x', { headers: { Vary: 'Cookie' } })
const mk = () => new Request('http://localhost/read', { headers: { cookie: cookies[(Math.random() * 1000) | 0] } })
const fs = { empty: async () => R, header: async (r) => { r.headers.get('cookie'); return R }, wm: async (r) => { W.set(r, {a:1}); return R }, sym: async (r) => { r[S] ??= {a:1}; return R }, untouched: (r) => sessions.handle(r, async () => R), write: (r) => sessions.handle(r, async (h) => { (await h.write()).update('count', (n=0)=>n+1); return R }), read: (r) => sessions.handle(r, async (h) => { (await h.read()).get('count'); return R }) }; const W = new WeakMap(), S = Symbol('x'); const f = fs[process.argv[2]]
for (let k = 0; k < 60; k++) { const rs = Array.from({ length: 500 }, mk); for (const r of rs) await f(r) }
const s = new Session(); s.connect(); await s.post('Profiler.enable'); await s.post('Profiler.setSamplingInterval', { interval: 50 })
const own = new Map(); let n = 0
for (let k = 0; k < 60; k++) {
  const rs = Array.from({ length: 4000 }, mk)
  await s.post('Profiler.start'); for (const r of rs) await f(r)
  const { profile } = await s.post('Profiler.stop'); n += 4000
  const dt = profile.timeDeltas, nodes = new Map(profile.nodes.map((x) => [x.id, x.callFrame]))
  profile.samples.forEach((id, i) => { const { functionName, url, lineNumber } = nodes.get(id); const p = `${functionName || '(anon)'} ${url.replace(/^.*packages\//, '')}:${lineNumber + 1}`; own.set(p, (own.get(p) ?? 0) + dt[i]) })
}
let tot=0
for (const [p, h] of [...own].filter(([p])=>!/idle|root|dispatch/.test(p)).sort((a, b) => b[1] - a[1]).slice(0, 40)) { tot+=h/n; console.log((h / n).toFixed(3).padStart(7), p)}
console.log(tot.toFixed(2))
