// The same in njs, an engine of the same kind as CloudFront's: it shows errors that Node would not. Follows the
// function's code in one file, and prints each response after its number. Usage: njs FILE REQUESTS, a file as
// `vectors.mjs` reads it
const input = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
Date.now = () => input.now * 1000;
const cf = { kvs: () => ({ get: (name) => Promise.resolve(input.keys[name] || '') }) };

input.requests.forEach((one, at) => {
  const request = { method: one[0], uri: one[1], querystring: {}, headers: one[3], rawQueryString: () => one[2] };
  handler({ request: request }).then((answer) => {
    const word = request.headers['x-darkroom-verified'] || { value: '' };
    console.log(at + ' ' + JSON.stringify(answer.statusCode || [answer.uri, word.value]));
  });
});
