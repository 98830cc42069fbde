// Starts `hotlint server` and speaks with it; everything else is the server's.
"use strict";

const path = require("path");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function command() {
  const [program, ...args] = vscode.workspace.getConfiguration("hotlint").get("command");
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const isPath = program.includes("/") || program.includes("\\");
  return { command: isPath && folder ? path.resolve(folder, program) : program, args, options: { cwd: folder } };
}

async function start() {
  client = new LanguageClient("hotlint", "Hotlint", command(), {
    documentSelector: [
      { scheme: "file", language: "sql" },
      { scheme: "file", pattern: "**/*.sql" },
      { scheme: "untitled", language: "sql" },
    ],
  });
  await client.start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("hotlint.restart", async () => {
      await client?.stop();
      await start();
    }),
  );
  await start();
};

exports.deactivate = () => client?.stop();
