// The login page of the test provider: one form, no script, nothing fetched.

export function formPage(response, complaint) {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!doctype html>
<html lang="en">
<title>Provider login</title>
<h1>Provider login</h1>
<p role="alert">${complaint}</p>
<form method="post">
  <label>Name <input name="username" autofocus></label>
  <label>Password <input name="password" type="password"></label>
  <button type="submit">Log in</button>
</form>
</html>`);
}

export async function readForm(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
