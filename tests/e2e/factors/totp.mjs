// An authenticator app: RFC 6238, apart from authd's own code.
import { createHmac } from "node:crypto";

export const STEP = 30;
export const stepNow = () => Math.floor(Date.now() / 1000 / STEP);

/** The earliest step whose code is still good a few seconds from now. */
export const stepFirst = () => Math.floor((Date.now() / 1000 + 5) / STEP) - 1;

export function base32(text) {
	let bits = "";
	for (const c of text) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0");
	return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export function totp(secret, step = stepNow()) {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const hash = createHmac("sha1", base32(secret)).update(counter).digest();
	const number = hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff;
	return String(number % 1e6).padStart(6, "0");
}
