import{a as Z}from"./chunk-PCESMUYX.js";import{a as e1,b as t1}from"./chunk-ENWRINFZ.js";import{b as B,c as U}from"./chunk-7HDXJG7X.js";import{a as Q}from"./chunk-LY2HC5TF.js";import{a as i1}from"./chunk-V34WOHE4.js";import{a as S,b as n1}from"./chunk-DIBGTBRN.js";import{a as q}from"./chunk-6QXXSAK5.js";import{a as y,e as $,f as x,g as N}from"./chunk-H4HRM4CU.js";import{a as Y}from"./chunk-EIPD6CFP.js";import{f as V}from"./chunk-2AN5FD5T.js";import{g as K,i as W,l as G,m as J,n as X}from"./chunk-36TFBGEQ.js";import{a as j,b as c,c as b,e as u,i as _}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as F}from"./chunk-OUEOOLBF.js";import{a as T}from"./chunk-JFKSI6I7.js";var o1="M241 340l-1 2-9 0-4-1 9 0 3-2 2 1zM42 339l-4 0-5-2 5 0 4 2zM270 336l2 1 1 3-14 2-7-1 6-2 5-3 7 0zM118 327l5 0-3 1-5-1 3 0zM162 324l4 0 2 1-10 0-3-1 7 0zM223 322l-1 2-4 1-6 0-2-2 6-1 1-3 2-1 4 4zM0 349l2-1 9 1 9-1 24 3 19 0 11-1 0-1-21-2 1-3-8-2 13 1 8-2-6-2-12-1-5-2-1-2 14 1 11-2 0-2 2-1 20-1 31 0 11-2 3 2 24 2 1-1-5-2-2-3 14 2 13 0 2-2 8 2 7 1 2-2 9 2 14-2 4-2-3-5 2-5 9-5 10-2 2 0-1 1-9 2-1 1 1 1-3 1-4 3 5 2 2 3 2 6-7 4-12 2-13 0 7 3-9 1 0 1 5 3 32 4 3 1 16-3 14 1 4-1 25-2-2-2-12 0 0-3 36-6 4-1 0-1-2 0 2-2 10-3 6 0 1-1 14 1 15-3 4 0 3 2 5-2 27 1 10-2 4-2 9 3 32-8 14 4 5-1 10 1 1 2-3 3 2 0-2 3 4 1 2-1 6-4 7-1 3-2 8-3 8 0 2-2 3 2 13 1 7-1 7-3 6 3 15-2 13 3 6-2 12 1 12-2 0-1 5 3 16 0 2 2 5 1 11 0 14 4 12 1 7 1-3 4-7 2-5 3 0 2 2 2 5 2-10 0-4 4 19 6 21 1 0 11-720 0zM224 288l6 1-1 1-3 0-4 1-7-2-4-3 7 2 3-3 3 3zM243 282l2 1-1 1-5 1-1-1 5-2zM501 279l-4 1 1-3 3 1 0 1zM651 262l6 0-1 4-4 1-3-5 2 0zM706 262l2 1-3 4 1 1-3 0-2 4-2 1-6-1 1-2 7-4 3-4 2-1 0 1zM709 252l5 4 3-1-1 3-2 0-4 5-1 0 1-2 0-1-2-1 1-1 0-3-4-6 4 2 0 1zM694 224l-3-1-3-3 6 4zM460 207l1 4-2 0 1 3-6 16-3 1-3-1-1-6 2-4-1-5 1-3 4 0 2-3 3-5 2 3zM647 208l1 1 1-1 2 2 2 8 5 3 1 4 2 0 1 2 4 5 1 4-1 6-5 9-1 4-7 3-3-1 0-1-3 2-6-2-2-4-3-1 0-2-2 2 2-5-4 4-3-5-6-2-11 1-4 2-1 2-7 0-4 2-6-2 1-1 0-4-4-11 1 1-1-2 1 2-1-4 1-5 0 1 5-4 9-2 4-6 1 2 1-1-1-1 4-5 3 0 3 2 2 0 0-1 2-4 4-1-1-1 1-1 6 2 2 0 1 1-2 2-1 3 9 5 2 0 1-5 1-8 1-1 1 1 1 6zM609 200l-2 0 1-1 7-2-6 3zM596 196l2 1-5 1 3-2zM606 196l0 1-6 1 6-2zM577 194l5-1 9 4-2 1-12-2-6-2 1-2 5 2zM664 191l-4 2-3-2 3-1 2 1 1-3 2 1-1 2zM621 186l1 2-6-1 0-1 5 0zM666 189l-5-4 3 1 2 3zM628 182l1 4 2 1 2-2 4-2 12 5 3 3 3 1 1 1-2 0 0 2 7 6-5-1-4-4-3-1-2 1 0 2-2 1-7-3-3 1 2-2-1-4-9-4-1 1-2-2 3-2-3 0-3-2 4-1 3 1zM610 177l-3 3-7 0 0 1 2 2 5-2-4 3 3 7-2 0 1-2-2 0-1-4-1 1 0 5-2 0 0-4-1-1 2-7 2-2 4 1 4-1zM617 178l-1 4-1-6 1 0 1 2zM572 192l-3 0-4-4-8-12-6-7 4 1 6 6 2 0 5 4-1 1 5 5 0 6zM596 176l2 2-2 0-1 4-2 1-1 5-12-2 0-3-2-2 0-4 1-1 3 0 1-1 3-1 7-8 5 3-3 5 1 2zM613 163l0 3-1 1 0-2-1 1 0 3-3-1 0-3-1-1-3 2 3-3 1 1 3-2 0-2 2 3zM522 168l-1 0-1-2 0-6 4 5-2 3zM608 159l-2 3-1-1 1-3 1 0 0 1 1-1 0 1zM597 161l-3 2 5-6 0 2-2 2zM604 156l2 1-2 2 0-3zM611 156l1 2-2-1 1 2-1 1-1-3 1-1-1-1 2 1zM603 143l1 0 1 3-2 2 0 3 5 1 0 3-2-2-5-1 1-1-2-1 0-3 1 1 0-5 2 0zM206 144l-3 0 3-1 2 1-2 0zM215 140l5 1 3 2-4 0-2 2-2-1-3 0-1-1 4 0-2-2 2-1zM581 143l-4 0 0-2 5-1-1 3zM201 134l11 5-8 1 2-1-3-2-7-1 0-1-6 1 5-2 6 0zM602 134l-1 2-1-3 3-4 1 1-2 4zM629 112l-1 2-3 0 1-2 3 0zM391 104l-1 3-5-2 0-1 6 0zM378 98l2 1-1 3-1 0-2-4 2 0zM642 106l-1 4-7 1-2 2-2-2-8 1 2 2-1 3-2 1-1-1 1-2-2-2 6-4 6 0 2-4 2 1 4-2 2-6 2-1 1 3-2 6zM379 96l-1 1-1-2 2-1 0 2zM648 92l3-1 0 2-3 1-2 2-3-1-1 2-2 0 0-2 1-2 2 0 1-4 4 3zM113 83l-4-1-5-2-1-2 5 1 5 4zM248 79l-2 1 2 0 1 0-1 1 5 1-1 1 2 0 1 2-1 2-2-1 0-2-3 2-1 0 1-1-2 0-6 0 1-2 3-4 3-2 1 0-1 2zM95 72l2 0-1 2 2 2-4-3 0-1 1 0zM647 79l2 3-3-1-1 3 2 4-2-1-1 1-1-15 2-2 2 8zM346 75l-6 1 2-2-1-2 6-2 2 1-3 4zM385 69l-1 1-2-2 3 0 0 1zM54 66l-2 1-1-2 4-1 1 1-2 1zM354 63l-2 2 4 0-2 3 2 0 5 6 2 1-1 1 1 1-13 3-2 0 5-3-4-1 3-1-1-2 3 0 0-1-4-2 0-2-1 1-1-3 2-3 4 0zM196 55l-2 1-2-1 4 0zM17 52l6 1-2 1-4-2zM190 49l10 4-2 0-4-1-5 2-1-1-2 0 1-1 1-3 2 0zM331 47l0 1 2 2-10 3-9-1 2-1-4-1 4-1-5 0 5-2 3 2 12-2zM208 46l-2-1 2-2 2 1-2 2zM0 42l10 4 0 1 1 0 0-1 5 0 4 2-5 1-1 2-6-2-5 0 0-1-3 0 1 1-1 1-5 1 4 3-1 1-3 0-8 2-6 3-3-1-5 1-6 0-3 4 2 1 0 3-2 0-1 1 1 1-3 1-1 3-3 0-1 2-2 2-3-9 1-3 2-2 3 0 10-6 2-3-2 0-7 4-1-3-6 1-5 3 2 2-7 0 0-1-3 0-16 1-14 9 6 1 4 0 3 2 0 2-2 2-1 5-4 4-6 6-3 1-2-1-10 7 0 2 4 4-1 4-5 1-1-4 2-1-2-1-3-1 2-3-2-1-7 2 2-3-1-1-7 4-1 1 3 2 1 1 3-2 3 1 0 1-3 1-4 3 2 1 4 6-1 2 1 1-1 4-6 7-5 3-10 3-1 2-1 0 0-2-3 0-5 3-1 2 7 7 1 4-1 4-8 6 0-3-3-1-2-3-3-1 0-2-2 0-2 9 2 0 1 3 5 4 2 8-5-3-3-7-3-4 0 1 1-7-4-11-3 3-3-1 1-4-6-10-2 0 0 2-7 1-1 3-3 1-6 6-3 1-1 11-5 5-2-2-6-14-2-11-4 1-3-2 1-2-4-2-2-3-10 1-8-1-2-3-4 1-6-3-3-4-4 0 6 10 0-2 1 0 1 4 4 0 5-5 1 5 3 1 3 2-4 5-1 2-4 4-6 1-1 2-7 3-10 3-2-9-7-9-1-4-8-9 1-3-2 4-3-5 6 12 0 2 3 2 1 7 2 1 2 4 8 7-2 2 4 2 13-3 0 3-7 13-14 13-3 4-1 3 2 2-1 3 3 5 1 7-2 3-10 8 1 4 0 4-6 3 0 6-5 5-8 6-7 0-6 2-2-2-1-5-6-9-1-10-5-8-1-3 2-6 2-3-1-6 0-1-2-7-6-8 2-8-3-4-5 1-3-4-4 0-9 4-5-1-7 1-10-7-4-6-3-2 0-3-2-2 2-5 0-6-1-2 2-5 6-8 7-5 0-5 5-3 2-4 8 2 7-3 16-2 1 2 2-1-1 6 9 3 1 2 7 2 2-1 0-2 3-2 15 4 4-1 2 1 4 0 4-7 0-4-7 1-2-1-4 1-4-1-2-3 1-2-2-1 3-2 3 0 0-1 4 0 5-2 10 2 6-1 0-2-10-5 3-2-1-1 3-2-8 2 0 2 3 0 0 1-5 1-3-2 2-1-6-1-2 3-1 0-3 5 3 3-5 2-1-2-2 0-3 1 2 1-1 0-3-1 3 6-2-1 0 3-1 0-6-8 0-2-13-8-1 0 0 3 12 8-3-1-1 1 1 2-2 2-1 0 1-2-1-2-7-3-3-3-1-2-2-1-5 3-7 0 0 2-4 2-3 3 1 2-4 4-5 0-2 1-2-2-5 0 0-3-1 0 1-5-1-4 3-1 12 0 1-1 1-4-4-3-3-1 0-1 6 0-1-3 2 1 5-1 0-2 5-1 1-3 7-1 2-1-2-3 1-3 4-1 0 1 1 1-3 2 3 3 3-1 3 1 7-2 4 1 4-1 0-5 2-1 3 2 1-3-2 0 0-1 11-2-2-1-10 1-3-1-1-4 1-1 8-4-3-2-4 1-2 1 1 1-7 4-2 2 4 3-2 2-2 1-2 5-6 1-5-8-4 2-6 0-1-7 11-5 9-7 8-4 18-2 7 1-3 1 2 1 2-1 17 4 1 2-2 1-14 0 4 1 0 3 4 1-1-2 1 0 5 1 2-1-1-1 4-2 4 1 1-2-2-1 1-1-1-1 6 1 1 1-3 0 0 1 2 1 14-5 2 0-2 2 11-2 2 1 2-1-2-1 1-1 16 4 1-1-4-2-1-3 7-4 5 0 1 2-2 1 2 2-1 3 2 1-4 4 2 1 5-4-1-1 1-1-3-1 2-2-3-2 4-1-1-2 2 1 0 2 2 1-1-2 3-1 8 2-2-2 0-2 13-1-2-1 2-1 28-3 7-2 5 2 8 0 6 1 0 1-9 3 7 0 1 1 4-1 15 2 1-1 7 0 3 1 1 1-1 1 6 2 2-2 15 1-2-2 3-1 18 2 7 2 12 0 2 1-1 2 3 0 14 0 3 2 3-1-2-1 1-1 10 0 9 2zM720 42l10 4 0 1 1 0 0-1 5 0 4 2-5 1-1 2-6-2-5 0 0-1-3 0 1 1-1 1-5 1 4 3-1 1-3 0-8 2-6 3-3-1-5 1-6 0-3 4 2 1 0 3-2 0-1 1 1 1-3 1-1 3-3 0-1 2-2 2-3-9 1-3 2-2 3 0 10-6 2-3-2 0-7 4-1-3-6 1-5 3 2 2-7 0 0-1-3 0-16 1-14 9 6 1 4 0 3 2 0 2-2 2-1 5-4 4-6 6-3 1-2-1-10 7 0 2 4 4-1 4-5 1-1-4 2-1-2-1-3-1 2-3-2-1-7 2 2-3-1-1-7 4-1 1 3 2 1 1 3-2 3 1 0 1-3 1-4 3 2 1 4 6-1 2 1 1-1 4-6 7-5 3-10 3-1 2-1 0 0-2-3 0-5 3-1 2 7 7 1 4-1 4-8 6 0-3-3-1-2-3-3-1 0-2-2 0-2 9 2 0 1 3 5 4 2 8-5-3-3-7-3-4 0 1 1-7-4-11-3 3-3-1 1-4-6-10-2 0 0 2-7 1-1 3-3 1-6 6-3 1-1 11-5 5-2-2-6-14-2-11-4 1-3-2 1-2-4-2-2-3-10 1-8-1-2-3-4 1-6-3-3-4-4 0 6 10 0-2 1 0 1 4 4 0 5-5 1 5 3 1 3 2-4 5-1 2-4 4-6 1-1 2-7 3-10 3-2-9-7-9-1-4-8-9 1-3-2 4-3-5 6 12 0 2 3 2 1 7 2 1 2 4 8 7-2 2 4 2 13-3 0 3-7 13-14 13-3 4-1 3 2 2-1 3 3 5 1 7-2 3-10 8 1 4 0 4-6 3 0 6-5 5-8 6-7 0-6 2-2-2-1-5-6-9-1-10-5-8-1-3 2-6 2-3-1-6 0-1-2-7-6-8 2-8-3-4-5 1-3-4-4 0-9 4-5-1-7 1-10-7-4-6-3-2 0-3-2-2 2-5 0-6-1-2 2-5 6-8 7-5 0-5 5-3 2-4 8 2 7-3 16-2 1 2 2-1-1 6 9 3 1 2 7 2 2-1 0-2 3-2 15 4 4-1 2 1 4 0 4-7 0-4-7 1-2-1-4 1-4-1-2-3 1-2-2-1 3-2 3 0 0-1 4 0 5-2 10 2 6-1 0-2-10-5 3-2-1-1 3-2-8 2 0 2 3 0 0 1-5 1-3-2 2-1-6-1-2 3-1 0-3 5 3 3-5 2-1-2-2 0-3 1 2 1-1 0-3-1 3 6-2-1 0 3-1 0-6-8 0-2-13-8-1 0 0 3 12 8-3-1-1 1 1 2-2 2-1 0 1-2-1-2-7-3-3-3-1-2-2-1-5 3-7 0 0 2-4 2-3 3 1 2-4 4-5 0-2 1-2-2-5 0 0-3-1 0 1-5-1-4 3-1 12 0 1-1 1-4-4-3-3-1 0-1 6 0-1-3 2 1 5-1 0-2 5-1 1-3 7-1 2-1-2-3 1-3 4-1 0 1 1 1-3 2 3 3 3-1 3 1 7-2 4 1 4-1 0-5 2-1 3 2 1-3-2 0 0-1 11-2-2-1-10 1-3-1-1-4 1-1 8-4-3-2-4 1-2 1 1 1-7 4-2 2 4 3-2 2-2 1-2 5-6 1-5-8-4 2-6 0-1-7 11-5 9-7 8-4 18-2 7 1-3 1 2 1 2-1 17 4 1 2-2 1-14 0 4 1 0 3 4 1-1-2 1 0 5 1 2-1-1-1 4-2 4 1 1-2-2-1 1-1-1-1 6 1 1 1-3 0 0 1 2 1 14-5 2 0-2 2 11-2 2 1 2-1-2-1 1-1 16 4 1-1-4-2-1-3 7-4 5 0 1 2-2 1 2 2-1 3 2 1-4 4 2 1 5-4-1-1 1-1-3-1 2-2-3-2 4-1-1-2 2 1 0 2 2 1-1-2 3-1 8 2-2-2 0-2 13-1-2-1 2-1 28-3 7-2 5 2 8 0 6 1 0 1-9 3 7 0 1 1 4-1 15 2 1-1 7 0 3 1 1 1-1 1 6 2 2-2 15 1-2-2 3-1 18 2 7 2 12 0 2 1-1 2 3 0 14 0 3 2 3-1-2-1 1-1 10 0 9 2zM458 97l3 2-2 1-1 2 0 3 4 1 6 0 0-4-2-1 1-1-2 0 1-2 3 0-2-2-1 0 0 2-1-4-2 0-2-3 5-2 0-3-4 0-4 1-5 4 5 6zM169 42l-9-1 4-1 5 2zM0 37l5 0-5 1 0-1zM179 41l0 2 3-2 2 2-1 1 2 2 4-4 0-2 6 1 2 1-1 2 1 1-4 2-5 0-3 3-5 2-2 2-4 2-2 2-1 4 3 0 1 4 3-1 12 4 5 1 1 3 4 5 3-3-3-4 7-4-2-3-2-2 2-2-1-5 8 0 5 3 4 0 0 4 4 2 6-5 6 7-1 1 9 4 3 2 1 3-9 4-13 0-9 6 5-3 7-1 2 1-2 1 1 4 6 0 2-2 1 2-11 5-1 0 0-2 3-2-5 1-7 4-1 1 2 2-7 1 3 0-4 0-2 4-1-1 1 2-2 3-1-4 0 2-1 0 1 0 2 5-12 8 3 9-1 4-2-2-3-6-2-2-2 1-3-2-5 0-1 1 1 1-2 1-8-1-5 2-2 2-1 10 3 6 4 3 5-1 2-2 1-3 7-1 0 1-2 5-1 0 0 4-1 1 8 0 3 1-1 9 5 4 4-1 5 2 3-2 1-3 3 0 3-3 2 1-2 1 1 5 1-2-1-2 3-1 0-1 4 3 6 1 1-1 5 0-1 0 0 1 3 1 1 2 3 1 4 4 6 0 5 4 3 5-1 3 4 0 0 2 1-1 6 2 1 2 9 1 6 4 3 0 2 5-1 3-7 8-2 10-3 8-2 2-5 1-6 3-2 2-1 5-10 12-4 1-5-2 3 6-1 2-3 1-7 1 1 3-1 1-5 0 0 2 3 1-3 2-1 3-4 1 0 2 4 1-1 2-6 5 2 4-6 1 0 2-8-3-1-8 3-3-3-1 2-1 0-4 3 1 1-4-2-1 0 3-2-1 3-7-1-5 4-9 0-7 1-3 2-15-1-3-2-2-9-6-8-15-3-2 0-3 3-4-2-1 0-2 2-4 2-1 4-5-2-9-3-1-2 2 1 1-2 1 0-2-5-1-3-3 0 1-1-1 0-2-4-5-7-1-7-4-4 1-14-6-4-3 0-3-1-3-7-5 0-2-5-5-2-4-2-1-2-1 1 4 6 7 2 4 2 2-1 1-4-3-1-3-5-3 2-2-3-2-4-7-6-3-8-12 1-10-1-5 3 0 1 2-1-4-9-4-1-3-2-1-1-1-5-4-4-5-5 0-7-3-14-3-2 1 0 1-7 2 0-3 2-2-7 4 1 1-1 2-9 4-13 3 15-6 1-3-10 1 0-2-4-1-4-3 3-3 7-2-1-1 1-1-8 1-6-2 7-2 6 1-11-5 8-2 2-2 11-2 40 5 13-2 2 0 2-1 4 2 3-1 0 1 6-1 13 2 2 1-3 1 11 0 2 1 2-1-2-1 2 0 4-1 9 3 6-1 0-1 2 0 3 1 0 1 1-1 2 0 1-2-5-2 0-2 3-2 4 1 3 3-2 1 4 0zM132 34l-1 1 4-1 3 1 2-1 4 3 1-1-2-2 4 0 2 1 2 3 7 2-3 1 1 1-1 0-7 0-15 1-5-1-3-2 10-1-11 0-1-1 5-1-7 0 3-2 8-1zM151 33l-2 1-3-1 5 0zM207 34l-6 1-3-2 6 0 3 1zM187 34l1 1 2-2 5-1 4 3-1 1 6-2 8 3 4 0 8 3 2 2-4 1 14 3-4 4-5-3-3 0 0 2 5 2 2 2-1 2-8-2 6 3-10-2-8-3-5 1-2-1 1-2 8 0-1-1 4-3-1 0-12-5-5 1-14-2-2-1 2 0-3 0 0-2 3-3 5-1-1 2zM159 32l6 0-1 2 3 1 0 2-6 0-6-2 4 0-2-2 2-1zM647 34l-7-1 4-1 3 2zM174 34l-5 2-1-3 3-1 8 0-5 2zM119 37l-5 1-6-2 4-3-2-2 15 1 4 1-7 2-3 2zM661 30l-2 1-7-1 9 0zM173 30l-7 0 4-1 3 1zM650 29l-1 1-11 1-4-2 4-1 12 1zM163 27l2 0-1 3-9-1 0-2 8 0zM144 28l4 0-1 2-14 1 3-1-11 0 4-3 13 2-3-2 2-1 3 2zM475 39l-8-1-4-1 0-1 2 0 0-2 4-1-2-1 5-1-1-1 21-4 6 1-21 4-6 4 0 2 4 2zM171 26l6 0 5 3 16 0 2 1-16 1-9-1-1-2-2-1-6-1 5 0zM128 25l-2 2-12 1 8-3 6 0zM140 25l-7 0 4-1 3 0 0 1zM409 24l-8 1 2-1-1-1 4 0 3 1zM168 24l-4 0-1-2 6 1-1 1zM160 23l1 1-11-1 2 0-3-2 11 2zM570 23l-11 1 5-3 7 2-1 0zM397 21l6 1-5 1-4 3-2 0-4-1 1 0-8-4 16 0zM411 19l4 1-9 1-11-2 16 0zM462 19l-7 1-2 0 1-1-4 0 12 0zM560 22l-10 0-8-3 10-2 8 3 0 2zM186 21l2 0-10 3-4-1-2-1 2-1-7-1 4-2 4-1 9 2 2 2zM223 14l13 1-11 2 4 0-11 3-12 1 3 1-1 0 1 1-9 3 4 0-5 2-18-1 0-1 3 0-1-2 7 1-6-2 6-2-4-2 10 0-11 0-8-3 12-1 5 0 7-1 22 0zM306 13l12 2-21 1 17 0 2 1-2 1 14-2 8 1-16 3 5 0-4 2 0 3 2 1-6 1 3 1 1 2-2 0 2 1-4 1 2 0-1 1-5 0 2 3-5-1 6 2 0 2-3 0-4-2 1 1-3 2 8 0-10 3-9 1-4 3-12 2-2 4-4 2 1 1-2 4-10-2-6-5-5-7 2-3 3 0 1-3-5 1-2 0 0-3 6 1-9-2 3-2-8-6-6-1-14 0-6-2 9-1-13-1 16-3 0-1-5 0 12-3-1-1 19 0 5-1 12 2-5-1 0-1 7-1 33-1z";var a1={form_name:"Titel",form_map:"Karte zeigen",form_channels:"Kanäle zeigen",form_feed:"Feed",form_feed_helper:"Die ID seines Untereintrags; sonst der erste.",title:"Internationale Raumstation",refused_detail:"Nur wer alles lesen darf, sieht die Station.",none:"Keine Telemetrie der ISS",none_detail:"Füge Maestra unter Einstellungen, Geräte & Dienste die ISS-Telemetrie hinzu.",disconnected:"Keine Verbindung zum Feed",signal_acquired:"Signal da",signal_stale:"Signal verspätet",signal_lost:"Signal verloren",map:"Die Station über einer Karte der Erde",map_at:"Die Station bei {latitude}, {longitude} auf einer Karte der Erde",no_position:"In den Einstellungen des Feeds ist die Position abgewählt.",no_vector:"Wo die Station ist, zeigt sich, sobald ihr Zustandsvektor kommt.",north:"{degrees}° N",south:"{degrees}° S",east:"{degrees}° O",west:"{degrees}° W",below:"Darunter",altitude:"Höhe",velocity:"Geschwindigkeit",light:"Licht",light_sun:"In der Sonne",light_shadow:"Im Schatten",heard:"Letzte Position",past:"Geflogen",next:"Nächste 90 Minuten, berechnet",tank:"Urintank",filled:"{start} → {end} %",sure:"{percent} % sicher",detections:"Erkennungen der letzten 24 Stunden",no_detections:"Keine Erkennungen in den letzten 24 Stunden",odd:"{count} ungewöhnlich",measured:"gemessen {ago}",history:"Verlauf",legend:"Was Codes bedeuten",team_ETHOS:"Umwelt und Lebenserhaltung",team_ADCO:"Lage im Raum",team_SPARTAN:"Strom und Kühlung",team_CATO:"Kommunikation",team_CDH:"Computer",team_EVA:"Ausstiege und Luftschleuse",team_VVO:"Ankommende Schiffe",team_ODIN:"Borddaten",team_TOPO:"Flugbahn",team_CSA:"Robotik",team_TIME:"Zeit"};var r1={form_name:"Title",form_map:"Show the map",form_channels:"Show the channels",form_feed:"Feed",form_feed_helper:"The id of its subentry; the first one by default.",title:"International Space Station",refused_detail:"Only who may read everything sees the station.",none:"No telemetry of the ISS",none_detail:"Add ISS telemetry to Maestra under Settings, Devices & services.",disconnected:"No connection to the feed",signal_acquired:"Signal acquired",signal_stale:"Signal late",signal_lost:"Signal lost",map:"The station above a map of the Earth",map_at:"The station at {latitude}, {longitude} on a map of the Earth",no_position:"The feed's settings leave out the position.",no_vector:"Where the station is is known as soon as its state vector comes.",north:"{degrees}° N",south:"{degrees}° S",east:"{degrees}° E",west:"{degrees}° W",below:"Below it",altitude:"Altitude",velocity:"Velocity",light:"Light",light_sun:"In the Sun",light_shadow:"In shadow",heard:"Last position",past:"Flown",next:"Next 90 minutes, computed",tank:"Urine tank",filled:"{start} → {end} %",sure:"{percent} % sure",detections:"Detections of the last 24 hours",no_detections:"No detections in the last 24 hours",odd:"{count} not as usual",measured:"measured {ago}",history:"History",legend:"What codes mean",team_ETHOS:"Environment and life support",team_ADCO:"Attitude",team_SPARTAN:"Power and cooling",team_CATO:"Communications",team_CDH:"Computers",team_EVA:"Spacewalks and airlock",team_VVO:"Visiting vehicles",team_ODIN:"Onboard data",team_TOPO:"Trajectory",team_CSA:"Robotics",team_TIME:"Time"};function v(i){return F({en:r1,de:a1},i)}function s1(i){let o=v(i);return{schema:[{name:"name",selector:{text:{}}},...["map","channels"].map(e=>({name:e,selector:{boolean:{}}})),{name:"feed",selector:{text:{}}}],computeLabel:({name:e})=>o(`form_${e}`),computeHelper:({name:e})=>e==="feed"?o("form_feed_helper"):void 0}}function l1(i){return i.get("station")??void 0}function d1(i){return i.get("position")??void 0}function H(i){return i.get("track")?.points}function C(i,o){return i.get(o)??void 0}var R="NODE3000005";function c1(i){let o=new Map;for(let e of i){let t=o.get(e.team);t?t.push(e):o.set(e.team,[e])}return[...o]}function P({legend:i},o){return Object.entries(i??{}).map(([e,t])=>({code:e,meaning:t,isNow:o?.value!=null&&Number(e)===o.value}))}function E({color:i}){return["yellow","red","orange"].includes(i.trim().toLowerCase())}function u1(i,o){return[...i].filter(e=>e!==void 0&&e.entity_id.startsWith("event.")&&e.attributes.channel===o)}function m1(i,{start:o,end:e}){let t=[...i].flat().flatMap(({a:n={}})=>{let a=Date.parse(String(n.detected_at))/1e3;if(!(a>=o&&a<=e))return[];let{confidence:r}=n,l=n.metadata??{},s=d=>typeof d=="string"||typeof d=="number"?String(d):void 0;return[{time:a,confidence:typeof r=="number"?r:void 0,start:s(l.tank_level_start),end:s(l.tank_level_end)}]});return[...new Map(t.map(n=>[n.time,n])).values()].sort((n,a)=>a.time-n.time)}var m=Math.PI/180;function M({latitude:i,longitude:o}){return[(o+180)*2,(90-i)*2]}function I(i){return((i+180)%360+360)%360-180}function O(i,o){let e=i.findIndex(([r])=>r>=o),t=i[e],n=i[e-1]??t;if(!n||!t||o<n[0])return;let a=t[0]>n[0]?(o-n[0])/(t[0]-n[0]):0;return{latitude:n[1]+a*(t[1]-n[1]),longitude:I(n[2]+a*I(t[2]-n[2]))}}function D(i,o,e){let t=[o,e].flatMap(l=>{let s=O(i,l);return s?[[l,s.latitude,s.longitude]]:[]}),n=[...i.filter(([l])=>l>o&&l<e),...t].sort(([l],[s])=>l-s),a="",r;for(let l of n){let[,s,d]=l;if(!r)a+=g("M",s,d);else if(Math.abs(d-r[2])>180){let p=d>r[2]?360:-360;a+=g("L",s,d-p),a+=g("M",r[1],r[2]+p),a+=g("L",s,d)}else a+=g("L",s,d);r=l}return a}function g(i,o,e){let[t,n]=M({latitude:o,longitude:e});return`${i}${t.toFixed(1)} ${n.toFixed(1)}`}function L(i){let o=(i-946728e3)/86400,e=(280.46+.9856474*o)*m,t=(357.528+.9856003*o)*m,n=e+(1.915*Math.sin(t)+.02*Math.sin(2*t))*m,a=(23.439-4e-7*o)*m,r=Math.atan2(Math.cos(a)*Math.sin(n),Math.cos(n)),l=280.46061837+360.98564736629*o;return{latitude:Math.asin(Math.sin(a)*Math.sin(n))/m,longitude:I(r/m-l)}}function p1(i){let o=Math.tan((Math.abs(i.latitude)<.01?.01:i.latitude)*m),e=o>0?360:0,t=`M0 ${e}`;for(let n=-180;n<=180;n+=2){let a=(n-i.longitude)*m;t+=g("L",Math.atan(-Math.cos(a)/o)/m,n)}return`${t}L720 ${e}Z`}function f1(i,o,e){let t=Math.sin(i.latitude*m)*Math.sin(e.latitude*m)+Math.cos(i.latitude*m)*Math.cos(e.latitude*m)*Math.cos((i.longitude-e.longitude)*m);return Math.asin(t)>-Math.acos(6371/(6371+o))}var g1=j`
  .head .dot {
    margin-inline-end: 6px;
  }
  .top {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-items: center;
    gap: 12px 20px;
    padding: 0 12px 12px;
  }
  @container (min-width: 720px) {
    .top.both {
      grid-template-columns: minmax(0, 5fr) minmax(0, 2fr);
    }
  }
  .top.fills {
    flex: 1;
    min-height: 0;
    grid-template-rows: minmax(0, 1fr);
  }
  .map {
    display: flex;
    flex-direction: column;
    gap: 4px;
    min-width: 0;
    min-height: 0;
  }
  .map svg {
    display: block;
    width: 100%;
    min-height: 0;
    border-radius: 8px;
    /* A map has its west at the left, whatever people read. */
    direction: ltr;
  }
  .fills .map,
  .fills .map svg {
    height: 100%;
  }
  .sea {
    fill: color-mix(
      in srgb,
      var(--primary-color) 14%,
      var(--card-background-color)
    );
  }
  .land {
    fill: color-mix(
      in srgb,
      var(--secondary-text-color) 45%,
      var(--card-background-color)
    );
    fill-rule: evenodd;
  }
  .night {
    fill: #000;
    opacity: 0.32;
  }
  .grid {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-width: 0.5;
    opacity: 0.25;
  }
  .way {
    fill: none;
    stroke: var(--maestra-color, var(--primary-color));
    stroke-width: 2;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  .way.next {
    stroke-dasharray: 2 5;
  }
  .halo {
    fill: none;
    stroke: var(--card-background-color);
    stroke-opacity: 0.7;
    stroke-width: 4.5;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  .sun {
    fill: var(--warning-color);
    stroke: var(--card-background-color);
  }
  .home {
    fill: var(--primary-text-color);
    stroke: var(--card-background-color);
  }
  .station {
    fill: var(--maestra-color, var(--primary-color));
    stroke: var(--card-background-color);
    stroke-width: 2;
  }
  .station.lost {
    fill: var(--secondary-text-color);
  }
  .ring {
    fill: none;
    stroke: var(--maestra-color, var(--primary-color));
    stroke-width: 1.5;
    transform-box: fill-box;
    transform-origin: center;
    animation: ring 2.5s ease-out infinite;
  }
  @keyframes ring {
    from {
      transform: scale(0.5);
      opacity: 0.9;
    }
    to {
      transform: scale(1.6);
      opacity: 0;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .ring {
      animation: none;
    }
  }
  .key {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 14px;
  }
  .key span::before {
    content: "";
    display: inline-block;
    width: 18px;
    margin-inline-end: 6px;
    vertical-align: middle;
    border-block-start: 2px solid var(--maestra-color, var(--primary-color));
  }
  .key span.next::before {
    border-block-start-style: dotted;
  }
  .side {
    display: flex;
    flex-direction: column;
    gap: 14px;
    min-width: 0;
  }
  dl {
    padding: 0 4px;
  }
  .tank {
    padding: 10px 12px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .line {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: 12px;
  }
  .level {
    height: 10px;
    margin-block: 6px 8px;
    border-radius: 5px;
    overflow: hidden;
    background: var(--divider-color);
  }
  .level div {
    height: 100%;
    background: var(--maestra-color, var(--primary-color));
  }
  .tank ul {
    max-height: 84px;
    overflow-y: auto;
  }
  .tank li {
    padding-block: 2px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    font-variant-numeric: tabular-nums;
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  details {
    border-block-start: 1px solid var(--divider-color);
  }
  summary {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 10px 16px;
    cursor: pointer;
    list-style: none;
    --mdc-icon-size: 20px;
  }
  summary:hover,
  .row:hover,
  .row[aria-expanded="true"] {
    background: var(--maestra-field);
  }
  summary:focus-visible,
  .row:focus-visible {
    outline-offset: -2px;
  }
  summary .title {
    flex: 1;
    min-width: 0;
  }
  summary ha-icon {
    flex: none;
    color: var(--secondary-text-color);
    transition: transform 0.15s;
  }
  details[open] summary ha-icon {
    transform: rotate(180deg);
  }
  .list {
    max-height: 640px;
  }
  .row {
    display: flex;
    align-items: baseline;
    gap: 12px;
    box-sizing: border-box;
    width: 100%;
    padding: 6px 16px;
  }
  .label {
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .value {
    flex: none;
    max-width: 50cqi;
    text-align: end;
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
    font-weight: var(--ha-font-weight-medium, 500);
    unicode-bidi: plaintext;
  }
  .value.odd {
    color: color-mix(
      in srgb,
      var(--warning-color) 60%,
      var(--primary-text-color)
    );
  }
  .about {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 8px;
    padding: 4px 16px 12px;
    background: var(--maestra-field);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 6px;
  }
  .legend li {
    padding: 2px 8px;
    border-radius: 10px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    background: var(--maestra-field);
  }
  .legend li.now {
    background: var(--maestra-tint);
    font-weight: var(--ha-font-weight-medium, 500);
  }
`;var x1=24,k1=48,b1=5580,T1=5,$1={acquired:"",stale:"waiting",lost:"failed"},_1=[...Array.from({length:11},(i,o)=>`M${(o+1)*60} 0V360`),...Array.from({length:5},(i,o)=>`M0 ${(o+1)*60}H720`)].join(""),h=class extends G{constructor(){super();this.openTeams=new Set;this.detections=[];this.#e=new Z(this,x1,k1);this.#t="";new Q(this,1e3)}static{this.styles=[J,X,W,U,t1,g1]}#e;#t;get followed(){let{feed:e}=this.config??{};return{type:"maestra/iss",...e?{feed:e}:{}}}refusal(e){return v(e)("refused_detail")}updated(e){super.updated(e),this.#r()}renderThings(e,t,n){let a=v(e.locale.language),r=l1(n);if(!r)return K("mdi:space-station",a("none"),a("none_detail"));let l=t.grid_options?.rows,s=typeof l=="number"&&l<=T1,{connected:d,signal:p,since:z}=r,w=r.channels.find(({id:f})=>f===R),k=t.map!==!1,A=s?u:c`<div class="side">
          ${O1(e,n,a)}
          ${w?this.#n(e,w,n,a):u}
        </div>`;return c`
      ${Y("mdi:space-station",t.name??a("title"),c`<span
            class="dot ${d?$1[p]:"offline"}"
            style="display: inline-block"
          ></span
          >${d?x(a(`signal_${p}`),z&&$(z,Date.now(),e.locale)):a("disconnected")}`)}
      <div
        class="top ${k&&!s?"both":""} ${s?"fills":""}"
      >
        ${k?S1(e,r,n,a,s):u}
        ${A}
      </div>
      ${s||t.channels===!1?u:c`<div class="list ${this.isSized?"fills":""}" tabindex="-1">
              ${c1(r.channels).map(([f,M1])=>this.#i(e,f,M1,n,a))}
            </div>`}
    `}#n(e,t,n,a){let r=C(n,R)?.value??void 0;t.entity_id&&this.#e.follow(e,[t.entity_id]);let l=Math.min(100,Math.max(0,r??0));return c`<div class="tank">
      <div class="line">
        <div class="title">${a("tank")}</div>
        <div class="value">
          ${r===void 0?"–":`${y(r,e.locale)} %`}
        </div>
      </div>
      <div
        class="level"
        role="meter"
        aria-label=${a("tank")}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${l}
      >
        <div style=${q({width:`${l}%`})}></div>
      </div>
      ${B(this.#e.of(t.entity_id),r)}
      ${this.detections.length?c`<ul tabindex="0" aria-label=${a("detections")}>
              ${this.detections.map(s=>A1(e,s,a))}
            </ul>`:c`<div class="subtitle">${a("no_detections")}</div>`}
    </div>`}#i(e,t,n,a,r){let l=n.filter(({id:s})=>{let d=C(a,s);return d&&E(d)}).length;return c`<details
      data-team=${t}
      ?open=${this.openTeams.has(t)}
      @toggle=${s=>{let d=new Set(this.openTeams);s.target.open?d.add(t):d.delete(t),this.openTeams=d}}
    >
      <summary>
        <span class="title">${r(`team_${t}`)}</span>
        <span class="subtitle">
          ${x(l?r("odd",{count:l}):void 0,String(n.length))}
        </span>
        <ha-icon icon="mdi:chevron-down"></ha-icon>
      </summary>
      ${this.openTeams.has(t)?c`<ul>
              ${n.map(s=>this.#o(e,s,C(a,s.id),r))}
            </ul>`:u}
    </details>`}#o(e,t,n,a){let r=t.id===this.openId;return c`<li>
      <button
        class="row"
        aria-expanded=${r?"true":"false"}
        data-channel=${t.id}
        @click=${()=>{this.openId=r?void 0:t.id}}
      >
        <span class="label">${t.label}</span>
        <span class="value ${n&&E(n)?"odd":""}"
          >${H1(e,t,n)}</span
        >
      </button>
      ${r?this.#a(e,t,n,a):u}
    </li>`}#a(e,t,n,a){let r=t.entity_id;return c`<div class="about">
      <div class="subtitle">
        ${x(t.id,n&&a("measured",{ago:$(n.time,Date.now(),e.locale)}),n?.status,n?.color)}
      </div>
      ${t.legend?c`<ul class="legend" aria-label=${a("legend")}>
              ${P(t,n).map(({code:l,meaning:s,isNow:d})=>c`<li
                    class=${d?"now":""}
                    aria-current=${d?"true":"false"}
                  >
                    ${l} ${s}
                  </li>`)}
            </ul>`:u}
      ${r?c`<button
              class="pill"
              @click=${()=>{V(this,r)}}
            >
              ${a("history")}
            </button>`:u}
    </div>`}async#r(){let{hass:e}=this,t=e?u1(Object.values(e.states),R):[],n=t.map(({entity_id:d,state:p})=>`${d} ${p}`).join();if(!e||n===this.#t)return;this.#t=n;let a=n1(x1),r=t.map(({entity_id:d})=>d),l=await i1(e,r,a,!0),s=t.map(({state:d,attributes:p})=>[{s:d,a:{...p},lu:a.end}]);this.detections=m1([...Object.values(l),...s],a)}};T([_()],h.prototype,"openTeams",2),T([_()],h.prototype,"openId",2),T([_()],h.prototype,"detections",2);function S1(i,{signal:o,has_position:e},t,n,a){let r=S(),l=H(t)??[],s=O(l,r),d=L(r),p=[{kind:"past",path:D(l,r-b1,r)},{kind:"next",path:D(l,r,r+b1)}],[z,w]=M(d),k=s?n("map_at",v1(s,i,n)):n("map");return c`<div class="map">
    <svg viewBox="0 0 ${720} ${360}" role="img" aria-label=${k}>
      <rect class="sea" width=${720} height=${360} />
      <path class="land" d=${o1} />
      <path class="grid" d=${_1} />
      <path class="night" d=${p1(d)} />
      <circle class="sun" cx=${z} cy=${w} r="6" />
      ${i.config?C1(i.config):u}
      ${p.map(({kind:A,path:f})=>b`<path class="halo" d=${f} /><path class="way ${A}" d=${f} />`)}
      ${s?R1(s,o):u}
    </svg>
    ${a?u:c`<div class="key subtitle">
            ${s?c`<span>${n("past")}</span
                    ><span class="next">${n("next")}</span>`:n(e?"no_vector":"no_position")}
          </div>`}
  </div>`}function C1(i){let[o,e]=M(i);return b`<path class="home" d="M${o} ${e-6}l6 6h-2v5h-8v-5h-2z" />`}function R1(i,o){let[e,t]=M(i);return b`${o==="lost"?u:b`<circle class="ring" cx=${e} cy=${t} r="14" />`}<circle
    class="station ${o}"
    cx=${e}
    cy=${t}
    r="7"
  />`}function O1(i,o,e){let t=d1(o);if(!t)return u;let n=O(H(o)??[],S())??t,{latitude:a,longitude:r}=v1(n,i,e),l=(d,p)=>`${y(d,i.locale,0)} ${p}`,s=f1(n,t.altitude,L(S()));return e1([[e("below"),`${a}, ${r}`],[e("altitude"),l(t.altitude,"km")],[e("velocity"),l(t.velocity*3.6,"km/h")],[e("light"),e(s?"light_sun":"light_shadow")],[e("heard"),$(t.time,Date.now(),i.locale)]])}function A1(i,{time:o,confidence:e,start:t,end:n},a){return c`<li class="line">
    <span
      >${N(o,i.locale,{weekday:"short",hour:"numeric",minute:"2-digit"})}</span
    >
    <span
      >${x(t!==void 0&&n!==void 0?a("filled",{start:t,end:n}):void 0,e===void 0?void 0:a("sure",{percent:Math.round(e*100)}))}</span
    >
  </li>`}function v1(i,o,e){let t=r=>({degrees:y(Math.abs(r),o.locale,1)}),{latitude:n,longitude:a}=i;return{latitude:e(n<0?"south":"north",t(n)),longitude:e(a<0?"west":"east",t(a))}}function H1(i,o,e){if(!e)return"–";let{value:t}=e;return t===null?e.text||"–":o.legend?P(o,e).find(({isNow:n})=>n)?.meaning??(e.text||String(t)):[y(t,i.locale),o.unit].filter(Boolean).join(" ")}var P1={tag:"maestra-iss-card",element:h,form:s1,stub:()=>({map:!0,channels:!0})},ge=P1;export{ge as default};
