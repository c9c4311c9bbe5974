//! Applications with a server of their own.

use std::process::Command;

use testkit::checkout;

use super::{Site, write};

pub(super) fn express(site: &Site<'_>) -> Command {
    let around = || {
        format!(
            "const express = require('express');\nconst app = express();\n{}\n\
         app.all('/private', (q, response, next) => (q.headers.authorization ? next() : response.status(401).end()));\n\
         app.all(['/x', '/private'], (_, response) => response.json([]));\n\
         app.all('/boom', () => {{ throw new Error('boom'); }});\napp.listen({}, '127.0.0.1');\n",
            site.piece, site.port
        )
    };
    let text = site.program().unwrap_or_else(around);
    let script = write(site.folder, "server.cjs", &text);
    let modules = checkout::root().join("tests/servers/express/node_modules");
    let mut command = Command::new("node");
    command.arg(script).env("NODE_PATH", modules);
    command
}

pub(super) fn fastapi(site: &Site<'_>) -> Command {
    let around = || {
        format!(
            "from fastapi import FastAPI, Header, HTTPException\n\napp = FastAPI()\n\
         METHODS = [\"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\"]\n\n\n\
         @app.api_route(\"/x\", methods=METHODS)\ndef x():\n    return []\n\n\n\
         @app.api_route(\"/private\", methods=METHODS + [\"OPTIONS\"])\n\
         def private(authorization: str = Header(None)):\n    \
         if authorization is None:\n        raise HTTPException(401)\n    return []\n\n\n\
         @app.api_route(\"/boom\", methods=METHODS)\ndef boom():\n    raise ValueError(\"boom\")\n\n\n{}\n",
            site.piece
        )
    };
    let text = site.program().unwrap_or_else(around);
    write(site.folder, "server.py", &text);
    // Debian's own Python, where the packages are.
    let mut command = Command::new("/usr/bin/python3");
    command.args([
        "-m",
        "uvicorn",
        "server:app",
        "--host",
        "127.0.0.1",
        "--port",
    ]);
    command.arg(site.port.to_string());
    command
}
