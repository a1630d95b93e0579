// Prints the findings of the doctor for argv[2] as JSON, [id]: status.

import { diagnose } from '../../dist/index.js';

const findings = await diagnose(process.argv[2]);
console.log(JSON.stringify(Object.fromEntries(findings.map(({ id, status }) => [id, status]))));
