"""Others' doors, each as its documentation shows it: they decrypt, echo the text and encrypt.

Nothing is stored, nothing is ordered, a message that comes twice is answered twice. They run in a
virtual environment and a node folder of their own, so that none of it is ours.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON = ("flask==3.1.2", "gunicorn==27.0.1", "wechatpy[cryptography]==1.8.18", "werobot==1.13.1")
NODE = {"co-wechat": "2.4.0", "koa": "2.16.2"}

WECHATPY = """
import os
from flask import Flask, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto

app = Flask("echo")
crypto = WeChatCrypto(os.environ["TOKEN"], os.environ["AES_KEY"], os.environ["APP_ID"])

@app.get("/wechat")
def hello():
    return "hello"

@app.post("/wechat")
def echo():
    given = request.args
    nonce, timestamp = given["nonce"], given["timestamp"]
    xml = crypto.decrypt_message(request.get_data(), given["msg_signature"], timestamp, nonce)
    message = parse_message(xml)
    reply = create_reply(message.content, message).render()
    return crypto.encrypt_message(reply, nonce, timestamp)
"""
HELLO = """
from flask import Flask

app = Flask("hello")

@app.route("/wechat", methods=["GET", "POST"])
def hello():
    return "hello"
"""
WEROBOT = """
import os
from flask import Flask
from werobot import WeRoBot
from werobot.contrib.flask import make_view

robot = WeRoBot(token=os.environ["TOKEN"], enable_session=False)
robot.config["APP_ID"] = os.environ["APP_ID"]
robot.config["ENCODING_AES_KEY"] = os.environ["AES_KEY"]

@robot.text
def echo(message):
    return message.content

app = Flask("werobot")
app.add_url_rule("/wechat", endpoint="wechat", view_func=make_view(robot), methods=["GET", "POST"])
"""
CO_WECHAT = """
const cluster = require('cluster');
if (cluster.isPrimary) { cluster.fork(); cluster.fork(); } else {
  const Koa = require('koa'); const wechat = require('co-wechat'); const app = new Koa();
  const config = { token: process.env.TOKEN, appid: process.env.APP_ID,
                   encodingAESKey: process.env.AES_KEY };
  app.use(wechat(config).middleware(async (message) => message.Content));
  app.listen(Number(process.env.PORT), '127.0.0.1');
}
"""
SCRIPTS = {"wechatpy echo": WECHATPY, "WeRoBot echo": WEROBOT, "Flask hello": HELLO}


def prepare(folder: Path) -> dict[str, list[str]]:
    """Install what can be had; return each server's command line, with {port} to be filled in."""
    commands = _python(folder)
    if shutil.which("npm") is None:
        print("   left out: co-wechat (no npm)")
        return commands
    (folder / "package.json").write_text(json.dumps({"dependencies": NODE}))
    (folder / "co_wechat.js").write_text(CO_WECHAT)
    words = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
    if subprocess.run(words, cwd=folder, check=False, capture_output=True).returncode:
        print("   left out: co-wechat (npm could not install it)")
    else:
        commands["co-wechat echo"] = ["node", str(folder / "co_wechat.js")]
    return commands


def _python(folder: Path) -> dict[str, list[str]]:
    venv = folder / "others"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
    commands = {}
    for name, script in SCRIPTS.items():
        module = name.split()[0].lower() + "_" + name.split()[1]
        (folder / f"{module}.py").write_text(script)
        commands[name] = [str(venv / "bin/gunicorn"), f"{module}:app", "--chdir", str(folder)]
    for package in PYTHON:
        if subprocess.run([*pip, package], check=False, capture_output=True).returncode:
            print(f"   left out: {package} (pip could not install it)")
            commands = {n: c for n, c in commands.items() if n.split()[0].lower() not in package}
    return commands
