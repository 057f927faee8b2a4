// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDemands} from "../src/IDemands.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {Claim, Descent, Game, Leaf} from "../src/Types.sol";
import {Play} from "./utils/Play.sol";
import {Cost, Transactions} from "./utils/Transactions.sol";

/// @dev What each move costs as a transaction of its own (isolated calls): intrinsic gas, calldata and its floor (EIP-7623) included.
/// With -vv it says "name: gas", which economics/ reads; of a move that is made often, the dearest. The operator has 10^9 steps.
contract MoveGasTest is Play, Transactions {
    uint64 private constant STEPS = 1_000_000_000;

    /// @dev Of a move that is made often, the dearest.
    mapping(string move => Cost) private _most;
    string[] private _moves;

    /// forge-config: default.isolate = true
    function testGasAtK16() public {
        _measure(16);
    }

    /// forge-config: default.isolate = true
    function testGasAtK24() public {
        _measure(24);
    }

    /// forge-config: default.isolate = true
    function testGasAtK32() public {
        _measure(32);
    }

    function _send(string memory name, address to, address sender, uint256 value, bytes memory call)
        private
        returns (uint256 used)
    {
        (Cost memory cost,) = _transact(to, sender, value, call);
        used = cost.used;
        if (_most[name].used == 0) _moves.push(name);
        if (used > _most[name].used) _most[name] = cost;
    }

    function _play(string memory name, address sender, uint256 value, bytes memory call)
        private
        returns (uint256)
    {
        return _send(name, address(pinpoint), sender, value, call);
    }

    function _measure(uint256 k) private {
        _deploy(k, STEPS);
        // Descends in the second half of the graph, and decides in the middle of a run.
        _lie(3 * ITERATIONS - 2, 123_456_789);
        bytes32 end = _end();
        claimed = _singleClaim(end);
        leaf = Leaf(0, end, new bytes32[](0));
        _play("claim", submitter, CLAIM_BOND, abi.encodeCall(IPinpoint.claim, (offer, request, end, "")));
        Claim memory claim = _singleClaim(end);
        bytes memory challenge = abi.encodeCall(IPinpoint.challenge, (claim, registration, request, leaf, 0));
        Game memory moot = _gameOf(bob);
        _play("challenge", bob, CHALLENGE_BOND, challenge);
        Game memory conceded = _gameOf(carol);
        _play("challenge", carol, CHALLENGE_BOND, challenge);
        _play("concede", carol, 0, abi.encodeCall(IPinpoint.concede, (claim, conceded)));
        (uint256 challenger, uint256 side) = _game(claim, challenge);
        _play("settle", anyone, 0, abi.encodeCall(IPinpoint.settle, (claim, moot)));
        _timeout();
        _demand();
        emit log_named_uint("k", k);
        for (uint256 i = 0; i < _moves.length; i++) {
            _print(_moves[i], _most[_moves[i]]);
            delete _most[_moves[i]];
        }
        emit log_named_uint("  gameOfChallenger", challenger);
        emit log_named_uint("  gameOfSubmitter", side);
        delete _moves;
        // What the bonds are made of: docs/economics.md.
        assertLt(challenger, 2_000_000);
        assertLt(side, 2_000_000);
    }

    /// @dev A whole game to its last instruction. What it costs either side.
    function _game(Claim memory claim, bytes memory challenge)
        private
        returns (uint256 challenger, uint256 side)
    {
        Game memory game = _gameOf(alice);
        challenger = _play("challenge", alice, CHALLENGE_BOND, challenge);
        while (game.level == 0 || game.hi - game.lo > 1) {
            bytes32[] memory ends;
            Game memory next;
            if (game.hi - game.lo > 1) {
                ends = _ends(game);
                next = _afterDissect(game, ends);
                bytes memory call = abi.encodeCall(IPinpoint.dissect, (game, _inner(ends), true));
                side += _play("dissect", submitter, 0, call);
            } else {
                Descent memory descent = _descent(game);
                (next, ends) = _afterDescend(game, descent);
                side += _play(
                    "descend",
                    submitter,
                    0,
                    abi.encodeCall(IPinpoint.descend, (game, registration, descent, _inner(ends), true))
                );
            }
            uint64 part = _disputed(next, ends);
            game = _afterSelect(next, ends, part);
            challenger += _play(
                "select",
                alice,
                0,
                abi.encodeCall(
                    IPinpoint.select, (next, uint8(part), game.loHash, game.hiHash, _siblings(ends, part))
                )
            );
        }
        assertEq(game.lo, 123_456_789);
        // The witness is a word here; the dearest step's is in docs/opcodes.md.
        _play("proveWithoutWitness", alice, 0, abi.encodeCall(IPinpoint.prove, (claim, game, _witness())));
    }

    /// @dev A submitter that never moves.
    function _timeout() private {
        request.nonce++;
        _claim();
        Game memory game = _challenge(alice);
        vm.warp(START + CLOCK);
        _play("timeout", anyone, 0, abi.encodeCall(IPinpoint.timeout, (claimed, game)));
        vm.warp(START);
    }

    /// @dev A demand for 16 KiB, and its answer.
    function _demand() private {
        bytes memory content = new bytes(16_384);
        bytes32[] memory nodes = new bytes32[](128);
        for (uint256 i = 0; i < 512; i++) {
            bytes32 word = keccak256(abi.encode("content", i));
            assembly {
                mstore(add(add(content, 32), mul(32, i)), word)
            }
        }
        for (uint256 i = 0; i < 128; i++) {
            bytes32 hash;
            assembly {
                hash := keccak256(add(add(content, 32), mul(128, i)), 128)
            }
            nodes[i] = hash;
        }
        for (uint256 count = 64; count > 0; count /= 2) {
            for (uint256 i = 0; i < count; i++) {
                nodes[i] = keccak256(abi.encodePacked(nodes[2 * i], nodes[2 * i + 1]));
            }
        }
        bytes32[] memory siblings = new bytes32[](28);
        bytes32 root = nodes[0];
        bytes32 zero = keccak256(new bytes(128));
        for (uint256 height = 0; height < 35; height++) {
            if (height >= 7) {
                siblings[height - 7] = zero;
                root = keccak256(abi.encodePacked(root, zero));
            }
            zero = keccak256(abi.encodePacked(zero, zero));
        }
        request.inputsRoot = root;
        _claim(keccak256("end"));
        _send(
            "demandInput",
            address(demands),
            alice,
            CHALLENGE_BOND,
            abi.encodeCall(IDemands.demandInput, (claimed, request, leaf, 0))
        );
        _send(
            "showInput",
            address(demands),
            submitter,
            0,
            abi.encodeCall(IDemands.showInput, (claimed, 0, 0, root, content, siblings))
        );
        vm.warp(START + 2 * WINDOW);
        _play("finalize", submitter, 0, abi.encodeCall(IPinpoint.finalize, (claimed)));
    }
}
