// Asks an MCP server that it starts, with the client of the protocol's authors:
// `node mcp.mjs '{"command": PATH, "args": [...], "env": {...}, "calls": [{"name": .., "arguments": {..}}]}'`.
// Prints what was negotiated, the tools, and each answer or error, as JSON.
import process from "node:process";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const plan = JSON.parse(process.argv[2]);
const { command, args, env } = plan;
const transport = new StdioClientTransport({ command, args, env, stderr: "inherit" });
let protocol;
transport.setProtocolVersion = (version) => {
	protocol = version;
};
const client = new Client({ name: "test", version: "1" });
await client.connect(transport);
const { tools } = await client.listTools();
const answers = [];
// All together: answers find their questions by id.
await Promise.all(
	plan.calls.map(async (call, index) => {
		try {
			answers[index] = await client.callTool(call);
		} catch (error) {
			answers[index] = { code: error.code, message: error.message };
		}
	}),
);
const found = {
	protocol,
	server: client.getServerVersion(),
	capabilities: client.getServerCapabilities(),
	instructions: client.getInstructions(),
	tools,
	answers,
};
await client.close();
process.stdout.write(JSON.stringify(found));
