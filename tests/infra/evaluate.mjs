// Evaluates requests against policies: reads a list of simulations as JSON, and writes "Allowed", "ImplicitlyDenied" or
// "ExplicitlyDenied" for each.
import { text } from 'node:stream/consumers';
import { runSimulation } from '@cloud-copilot/iam-simulate';

// The names in an encryption context are the client's own: the evaluator knows only their placeholder.
const known = (json) => json.replaceAll('kms:EncryptionContext:aws:logs:arn', 'kms:EncryptionContext:${EncryptionContextKey}');

async function evaluate(simulation) {
  const answer = await runSimulation({ serviceControlPolicies: [], resourceControlPolicies: [], ...simulation }, {});
  // A table that contains something unknown to IAM is wrong, and its test must not pass.
  if (answer.resultType === 'error') throw new Error(JSON.stringify([simulation.request, answer.errors]));
  return answer.overallResult;
}

const simulations = JSON.parse(known(await text(process.stdin)));
console.log(JSON.stringify(await Promise.all(simulations.map(evaluate))));
