// Draws points with WebGL 2: first how many lie on each pixel, into a texture, and then that as colours.

import type { Camera } from "./camera.js";
import { diameter, FIRST_GREY, fullest, type Density, type Palette, type Tint } from "./density.js";
import { visible, type Points } from "./points.js";

const POINTS = `#version 300 es
layout(location = 0) in vec2 place;
uniform vec4 view;
uniform float size;
void main() {
  gl_Position = vec4(place * view.xy + view.zw, 0.0, 1.0);
  gl_PointSize = size;
}`;

const COUNT = `#version 300 es
precision highp float;
uniform float weight;
uniform bool isRound;
out vec4 count;
void main() {
  float cover = isRound ? smoothstep(1.0, 0.8, length(gl_PointCoord - 0.5) * 2.0) : 1.0;
  count = vec4(cover * weight);
}`;

// Points with colours of their own are drawn in two goes: grey ones first, so that the others lie over them.
const TINTED_POINTS = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in float code;
uniform vec4 view;
uniform float size;
uniform bool isGrey;
uniform sampler2D table;
out vec4 tint;
void main() {
  bool isWanted = (code >= ${FIRST_GREY}.0) == isGrey;
  gl_Position = isWanted ? vec4(place * view.xy + view.zw, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = size;
  tint = texelFetch(table, ivec2(int(code), 0), 0);
}`;

const TINTED = `#version 300 es
precision highp float;
uniform bool isRound;
in vec4 tint;
out vec4 colour;
void main() {
  float cover = isRound ? smoothstep(1.0, 0.8, length(gl_PointCoord - 0.5) * 2.0) : 1.0;
  colour = vec4(tint.rgb * cover, cover);
}`;

const SCREEN = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const COLOUR = `#version 300 es
precision highp float;
uniform sampler2D counts;
uniform float full;
uniform vec3 few, some, many;
out vec4 colour;
void main() {
  float count = texelFetch(counts, ivec2(gl_FragCoord.xy), 0).r;
  float share = clamp(log(1.0 + max(count - 1.0, 0.0)) / log(1.0 + full), 0.0, 1.0);
  vec3 mixed = share < 0.5 ? mix(few, some, share * 2.0) : mix(some, many, share * 2.0 - 1.0);
  float alpha = min(count, 1.0);
  colour = vec4(mixed * alpha, alpha);
}`;

/** More of the strides that WebGL allows (255 bytes) than this there are not. */
export const LARGEST_STEP = 32;
const POINT_BYTES = 4;

/** Drivers that draw with the processor: counting there without a detour through triangles is faster. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Null where the browser has no WebGL 2, or only a slow one, unless `anyway`. */
export function webgl(anyway: boolean): Density | null {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", { antialias: false, depth: false, failIfMajorPerformanceCaveat: !anyway });
  if (!gl) return null;
  const isFloat = gl.getExtension("EXT_color_buffer_float") ?? gl.getExtension("EXT_color_buffer_half_float");
  if (!isFloat || (!anyway && SOFTWARE.test(rendererOf(gl)))) {
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return null;
  }
  return new WebGl(canvas, gl);
}

function rendererOf(gl: WebGL2RenderingContext): string {
  const unmasked = gl.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL;
  return String(gl.getParameter(unmasked ?? gl.RENDERER));
}

class WebGl implements Density {
  readonly name = "WebGL 2";
  private readonly pointProgram: WebGLProgram;
  private readonly colourProgram: WebGLProgram;
  private readonly tintedProgram: WebGLProgram;
  private readonly codes: WebGLBuffer;
  private readonly table: WebGLTexture;
  private tinted: Tint | null = null;
  private readonly buffer: WebGLBuffer;
  private readonly texture: WebGLTexture;
  private readonly frame: WebGLFramebuffer;
  private loaded: Points | null = null;
  private width = 0;
  private height = 0;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly gl: WebGL2RenderingContext,
  ) {
    this.pointProgram = program(gl, POINTS, COUNT);
    this.colourProgram = program(gl, SCREEN, COLOUR);
    this.tintedProgram = program(gl, TINTED_POINTS, TINTED);
    this.buffer = gl.createBuffer();
    this.codes = gl.createBuffer();
    this.table = gl.createTexture();
    this.texture = gl.createTexture();
    this.frame = gl.createFramebuffer();
    for (const texture of [this.table, this.texture]) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    }
  }

  tint(tint: Tint | null): void {
    const { gl } = this;
    this.tinted = tint;
    if (!tint) return;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.codes);
    gl.bufferData(gl.ARRAY_BUFFER, tint.codes, gl.STATIC_DRAW);
    gl.bindTexture(gl.TEXTURE_2D, this.table);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, tint.table);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
  }

  paint(palette: Palette): void {
    const { gl, colourProgram } = this;
    gl.useProgram(colourProgram);
    for (const name of ["few", "some", "many"] as const) {
      const [red, green, blue] = palette[name];
      gl.uniform3f(gl.getUniformLocation(colourProgram, name), red / 255, green / 255, blue / 255);
    }
  }

  draw(points: Points, camera: Camera, ratio: number, step: number): void {
    const { gl } = this;
    if (this.loaded !== points) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, points.sorted, gl.STATIC_DRAW);
      this.loaded = points;
    }
    this.resize();
    if (this.tinted) return this.drawTinted(points, camera, ratio, step);
    this.count(points, camera, ratio, step);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.BLEND);
    gl.useProgram(this.colourProgram);
    gl.uniform1f(gl.getUniformLocation(this.colourProgram, "full"), fullest(points, camera));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private resize(): void {
    const { gl } = this;
    const { width, height } = gl.canvas;
    if (width === this.width && height === this.height) return;
    [this.width, this.height] = [width, height];
    gl.viewport(0, 0, width, height);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16F, width, height, 0, gl.RED, gl.HALF_FLOAT, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.texture, 0);
  }

  private count(points: Points, camera: Camera, ratio: number, step: number): void {
    const { gl, pointProgram } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE);
    gl.useProgram(pointProgram);
    gl.uniform1f(gl.getUniformLocation(pointProgram, "weight"), step);
    this.points(pointProgram, points, camera, ratio, step);
  }

  private drawTinted(points: Points, camera: Camera, ratio: number, step: number): void {
    const { gl, tintedProgram } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(tintedProgram);
    gl.bindTexture(gl.TEXTURE_2D, this.table);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.codes);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 1, gl.UNSIGNED_BYTE, false, step, 0);
    for (const isGrey of [1, 0]) {
      gl.uniform1i(gl.getUniformLocation(tintedProgram, "isGrey"), isGrey);
      this.points(tintedProgram, points, camera, ratio, step);
    }
    gl.disableVertexAttribArray(1);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
  }

  /** Draws the points that are seen, with the program that is in use. */
  private points(pointProgram: WebGLProgram, points: Points, camera: Camera, ratio: number, step: number): void {
    const { gl } = this;
    // From the map's units (a short is read as 0 to 1, of 65535) to -1 to 1, with y upwards.
    const unit = 65535 / 65534;
    const [sx, sy] = [(2 * camera.scale) / camera.width, (-2 * camera.scale) / camera.height];
    gl.uniform4f(gl.getUniformLocation(pointProgram, "view"), sx * unit, sy * unit, -camera.x * sx, -camera.y * sy);
    const size = diameter(points, camera) * ratio;
    gl.uniform1f(gl.getUniformLocation(pointProgram, "size"), size);
    gl.uniform1i(gl.getUniformLocation(pointProgram, "isRound"), size > 2.5 ? 1 : 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.UNSIGNED_SHORT, true, POINT_BYTES * step, 0);
    const runs = visible(points, ...camera.seen(size));
    for (let run = 0; run < runs.length; run += 2) {
      const from = Math.ceil((runs[run] as number) / step);
      const end = Math.ceil((runs[run + 1] as number) / step);
      if (end > from) gl.drawArrays(gl.POINTS, from, end - from);
    }
  }
}

function program(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error("WebGL gives no shader");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made) ?? "WebGL does not link");
  return made;
}
