// The line in which a device speaks to the person. What is too long for it is turned over piece by piece, at blanks, so
// that nothing of an error is cut off: paths can be long. ES5, for Max 8's js object. `say` takes a list to the patch.

var ROOM = 90;       // characters that fit at the line's size
var TURN_MS = 3000;  // so long a piece is shown

function Line(say, now) {
    this.say = say;
    this.now = now;
    this.text = "";      // all of it
    this.pieces = [""];
    this.piece = 0;      // the one that is shown
    this.turned = 0;
}

Line.prototype.show = function (text, isError) {
    this.text = text;
    this.pieces = split(text);
    this.turn(0);
    this.say(["color", "textcolor", 1, isError ? 0.45 : 1, isError ? 0.35 : 1, 1]);
};

// To be called twice a second or so.
Line.prototype.tick = function () {
    if (this.pieces.length > 1 && this.now() - this.turned >= TURN_MS) {
        this.turn((this.piece + 1) % this.pieces.length);
    }
};

Line.prototype.turn = function (piece) {
    this.piece = piece;
    this.turned = this.now();
    this.say(["status", "set", this.pieces[piece]]);
};

// Pieces that fit, with dots where it goes on; a word that is longer than that is cut.
function split(text) {
    var pieces = [], rest = text, at;
    while (rest.length > ROOM) {
        at = rest.lastIndexOf(" ", ROOM - 4);
        at = at > ROOM / 2 ? at : ROOM - 4;
        pieces.push(rest.slice(0, at) + " ...");
        rest = rest.slice(at).replace(/^ /, "");
    }
    pieces.push(rest);
    return pieces;
}

exports.Line = Line;
