// Untried: no test of corswatch runs this platform. Ask again afterwards, for example with `corswatch check`.
const ALLOWED = new Set(['<<origin>>']);

function allow(headers, origin) {
  headers.append('Vary', 'Origin');
  if (!ALLOWED.has(origin)) return;
  headers.set('Access-Control-Allow-Origin', origin);
  ?credentials headers.set('Access-Control-Allow-Credentials', 'true');
  ?expose headers.set('Access-Control-Expose-Headers', '<<expose>>');
}

export default {
  async fetch(request) {
    const origin = request.headers.get('Origin');
    const isPreflight = request.method === 'OPTIONS' && request.headers.has('Access-Control-Request-Method');
    const upstream = isPreflight ? new Response(null, { status: 204 }) : await fetch(request);
    const response = new Response(upstream.body, upstream);
    if (isPreflight) {
      response.headers.set('Access-Control-Allow-Methods', '<<methods>>');
      ?headers response.headers.set('Access-Control-Allow-Headers', '<<headers>>');
      response.headers.set('Access-Control-Max-Age', '<<max_age>>');
    }
    allow(response.headers, origin);
    return response;
  },
};
